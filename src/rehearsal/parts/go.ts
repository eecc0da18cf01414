import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatMs } from "../../core/duration.ts";
import { OutsideError } from "../../core/errors.ts";
import type { LockedTool } from "../../platform/tool-lock.ts";
import { type Preparation, run } from "./context.ts";
import { sizeOf, told } from "./progress.ts";

/** True when Go is on PATH; which version it is does not matter, it fetches the one that a module asks for. */
export async function hasGo(preparation: Preparation): Promise<boolean> {
  const ran = await preparation.shell("go", ["version"]).catch(() => undefined);
  return ran?.exitCode === 0;
}

/** Builds a tool from its public module, vouched for by Go's checksum database, and writes the program to `target`. */
export async function goInstall(preparation: Preparation, tool: LockedTool, target: string): Promise<void> {
  const source = tool.goInstall;
  if (source === undefined) throw new OutsideError(`${tool.name} ${tool.version} has no Go package to build`);
  const bin = `${target}.bin`;
  await rm(bin, { recursive: true, force: true });
  const args = ["install", "-v", "-trimpath", "-buildvcs=false", "-ldflags", source.ldflags ?? "-s -w"];
  await build(
    preparation,
    { name: `${tool.name} ${tool.version}`, from: source.package, size: () => sizeOf(target) },
    () =>
      runGo(preparation, [...args, `${source.package}@${source.version}`], {
        GOBIN: bin,
        GOTOOLCHAIN: source.toolchain ?? "auto",
      }).then(async () => {
        // The program is named after the last part of the package's path, which may be a major version.
        const [built] = await readdir(bin);
        if (built === undefined) throw new OutsideError(`go install of ${tool.name} left no program`);
        await rename(join(bin, built), target);
        await rm(bin, { recursive: true });
      }),
  );
}

export interface ModuleProgram {
  /** Folder of go.mod below src/rehearsal/go. */
  readonly module: string;
  readonly package: string;
  readonly name: string;
  readonly version: string;
  readonly ldflags: string;
}

/** Builds a program of one of the repository's own Go modules, whose go.sum pins every source. */
export async function goBuild(
  preparation: Preparation,
  program: ModuleProgram,
  target: string,
): Promise<void> {
  const what = {
    name: `${program.name} ${program.version}`,
    from: program.package,
    size: () => sizeOf(target),
  };
  const args = ["build", "-v", "-trimpath", "-buildvcs=false", "-mod=readonly", "-ldflags", program.ldflags];
  await build(preparation, what, () =>
    runGo(preparation, [...args, "-o", target, program.package], {}, moduleFolder(program.module)),
  );
}

/** The folder of one of the repository's own Go modules. */
export function moduleFolder(module: string): string {
  return fileURLToPath(new URL(`../go/${module}`, import.meta.url));
}

/** The folder with the sources of a module that one of our own modules requires. */
export async function sourceFolder(preparation: Preparation, module: string, of: string): Promise<string> {
  const env = goEnvironment({});
  await run(preparation, "go", ["mod", "download", of], { cwd: moduleFolder(module), env });
  const found = await run(preparation, "go", ["list", "-m", "-f", "{{.Dir}}", of], {
    cwd: moduleFolder(module),
    env,
  });
  return found.trim();
}

interface Build {
  readonly name: string;
  readonly from: string;
  readonly size: () => Promise<string>;
}

async function build(preparation: Preparation, what: Build, work: () => Promise<void>): Promise<void> {
  await told(preparation.progress, `${what.name}: building ${what.from} with Go`, async () => {
    await work();
    return { result: undefined, ends: `${what.name}: ${await what.size()}` };
  });
}

function goEnvironment(more: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return { CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off", GOTOOLCHAIN: "auto", ...more };
}

const sayEveryMs = 20_000;

/** Minutes pass while Go compiles: now and then a line says how far it is. */
async function runGo(
  preparation: Preparation,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  folder?: string,
): Promise<void> {
  const begun = performance.now();
  let downloaded = 0;
  let compiled = 0;
  const onLine = (line: string) => {
    if (line.startsWith("go: downloading")) downloaded += 1;
    else compiled += 1;
  };
  const say = setInterval(() => {
    const took = formatMs(performance.now() - begun);
    preparation.progress(`  ${downloaded} modules fetched, ${compiled} packages compiled, ${took}`);
  }, sayEveryMs);
  try {
    const options = { env: goEnvironment(env), onLine, ...(folder === undefined ? {} : { cwd: folder }) };
    await run(preparation, "go", args, options);
  } finally {
    clearInterval(say);
  }
}
