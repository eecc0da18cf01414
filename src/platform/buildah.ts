import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CancelledError, OutsideError } from "../core/errors.ts";
import type { BuildFolder } from "./buildah-files.ts";
import { describeFailure, type Shell } from "./shell.ts";

/** What is built, and what goes into it. */
export interface ImageBuild {
  readonly context: string;
  readonly file: string;
  readonly target?: string | undefined;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly labels: Readonly<Record<string, string>>;
  /** Values by id, for `RUN --mount=type=secret,id=…`. */
  readonly secrets: ReadonlyMap<string, string>;
  /** ISO 8601: the time that the image and its new files carry, so that the same commit gives the same digest. */
  readonly createdAt?: string | undefined;
}

export interface Buildah {
  /** Builds an image and keeps it as an OCI layout. A build that says no is a sentence, not an error. */
  build(
    build: ImageBuild,
    onLine: (line: string) => void,
  ): Promise<BuiltImage | { readonly failure: string }>;
}

export interface BuiltImage {
  /** Folder of the OCI layout. */
  readonly layout: string;
}

/** Builds without a daemon; the Dockerfile's programs run in a chroot. */
export function buildah(program: string, folder: BuildFolder, shell: Shell): Buildah {
  return {
    async build(build, onLine) {
      const idFile = join(folder.path, "image-id");
      const args = [
        ...folder.globals,
        ...(await buildArgs(build, folder)),
        "--iidfile",
        idFile,
        build.context,
      ];
      const ran = await shell(program, args, { env: folder.env, onLine, keepCharacters: 4 * 1024 * 1024 });
      if (ran.cancelled) throw new CancelledError("The build was cancelled");
      if (ran.exitCode !== 0) return { failure: describeFailure(program, ["bud"], ran) };
      const layout = join(folder.path, "layout");
      const id = (await readFile(idFile, "utf8")).trim();
      const push = [...folder.globals, "push", "--quiet", ...folder.trust, id, `oci:${layout}:built`];
      const pushed = await shell(program, push, { env: folder.env, onLine });
      if (pushed.exitCode !== 0) throw new OutsideError(describeFailure(program, ["push"], pushed));
      return { layout };
    },
  };
}

async function buildArgs(build: ImageBuild, folder: BuildFolder): Promise<readonly string[]> {
  const { createdAt, target } = build;
  const seconds = createdAt === undefined ? undefined : Math.floor(Date.parse(createdAt) / 1000);
  return [
    ...["bud", "--isolation", "chroot", "--format", "oci", ...folder.trust],
    ...["--file", build.file, "--identity-label=false"],
    ...(target === undefined ? [] : ["--target", target]),
    ...(seconds === undefined ? [] : ["--timestamp", String(seconds)]),
    ...[...build.buildArgs].flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]),
    ...Object.entries(build.labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]),
    ...(await secretArgs(build.secrets, folder)),
  ];
}

/** Secrets reach buildah as files that only we can read: an argument or a variable could be seen by others. */
async function secretArgs(
  secrets: ReadonlyMap<string, string>,
  folder: BuildFolder,
): Promise<readonly string[]> {
  const at = join(folder.path, "secrets");
  await mkdir(at, { mode: 0o700 });
  const args: string[] = [];
  for (const [index, [id, value]] of [...secrets].entries()) {
    const file = join(at, String(index));
    await writeFile(file, value, { mode: 0o600 });
    args.push("--secret", `id=${id},src=${file}`);
  }
  return args;
}
