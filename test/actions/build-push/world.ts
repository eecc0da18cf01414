import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildPush } from "../../../src/actions/build-push/main.ts";
import { runAction } from "../../../src/platform/action.ts";
import type { FakeRegistry } from "../../fakes/fake-registry.ts";
import { fakeRunner } from "../../fakes/fake-runner.ts";
import { writeLayout } from "../../fakes/oci-layout.ts";

export interface World {
  /** A context folder with a Dockerfile. */
  readonly context: string;
  readonly home: string;
  /** What the stub of buildah was told: one argument a line, calls separated by an empty line. */
  readonly told: () => string;
  /** What the stub saw in the files it was given. */
  readonly saw: () => string;
  readonly run: (inputs: Readonly<Record<string, string>>) => Promise<Ran>;
}

export interface Ran {
  readonly outputs: Readonly<Record<string, string>>;
  readonly reasons: readonly string[];
  readonly failure: string | undefined;
  readonly evidence: string;
  readonly masked: readonly string[];
  /** What is left in the runner's temporary folder. */
  readonly left: readonly string[];
}

export interface WorldOptions {
  /** Exit code of the stub's build. */
  readonly buildExit?: number;
  /** No builder is on PATH. */
  readonly noBuilder?: boolean;
}

/** A folder with a context, a stub of buildah that "builds" a prepared image, and a home without auth files. */
export function makeWorld(options: WorldOptions = {}): World {
  const root = mkdtempSync(join(tmpdir(), "sluice-build-push-"));
  const [context, home, bin] = ["context", "home", "bin"].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  for (const folder of [context, home, bin]) mkdirSync(folder);
  writeFileSync(join(context, "Dockerfile"), "FROM scratch\nCOPY . .\n");
  writeLayout(join(root, "layout"));
  if (options.noBuilder !== true) {
    writeFileSync(join(bin, "buildah"), stub(root, options.buildExit ?? 0));
    chmodSync(join(bin, "buildah"), 0o755);
  }
  const read = (name: string) => readFileSync(join(root, name), "utf8");
  return {
    context,
    home,
    told: () => read("told"),
    saw: () => read("saw"),
    run: (inputs) => runIn({ home, bin }, inputs),
  };
}

async function runIn(
  { home, bin }: { readonly home: string; readonly bin: string },
  inputs: Readonly<Record<string, string>>,
): Promise<Ran> {
  const runner = fakeRunner("build-push", inputs);
  const env = {
    ...runner.env,
    HOME: home,
    XDG_RUNTIME_DIR: home,
    XDG_CONFIG_HOME: home,
    DOCKER_CONFIG: undefined,
    REGISTRY_AUTH_FILE: undefined,
    PATH: `${bin}:/usr/bin:/bin`,
    GITHUB_SHA: "c".repeat(40),
    GITHUB_REPOSITORY: "acme/web",
    GITHUB_REF_TYPE: "branch",
  };
  await runAction("build-push", { ...runner, env }, buildPush);
  return {
    outputs: runner.outputs,
    reasons: JSON.parse(runner.outputs.reasons ?? "[]") as string[],
    failure: runner.failure(),
    evidence: readFileSync(runner.outputs.report ?? "", "utf8"),
    masked: runner.masked,
    left: readdirSync(runner.env.RUNNER_TEMP ?? ""),
  };
}

/** Notes its arguments and the files behind them, "builds" the prepared layout, and copies it where it is pushed. */
function stub(root: string, buildExit: number): string {
  return `#!/bin/sh
[ "$1" = --version ] && echo "buildah version 1.28.2" && exit 0
printf '%s\\n' "$@" "" >> ${root}/told
for one in "$@"; do
  case "$last" in
    --authfile) stat -c '%a' "$one" >> ${root}/saw; cat "$one" >> ${root}/saw ;;
    --secret) stat -c '%a' "\${one##*src=}" >> ${root}/saw; cat "\${one##*src=}" >> ${root}/saw ;;
    --iidfile) echo sha256:0123 > "$one" ;;
  esac
  case "$one" in
    bud) verb=bud ;;
    push) verb=push ;;
    oci:*) layout="\${one#oci:}"; layout="\${layout%:built}" ;;
  esac
  last="$one"
done
if [ "$verb" = push ]; then cp -r ${root}/layout "$layout"; exit 0; fi
if [ ${buildExit} -ne 0 ]; then echo "Error: building at STEP RUN false: exit status 1" >&2; fi
exit ${buildExit}
`;
}

/** The digest of the only image in a registry, which must have exactly one. */
export function onlyDigest({ manifests }: FakeRegistry): string {
  const [digest, ...more] = [...manifests.keys()];
  if (digest === undefined || more.length > 0) throw new Error(`the registry has ${manifests.size} images`);
  return digest;
}
