import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { OutsideError } from "../../core/errors.ts";
import { type LockedTool, lockedTool } from "../../platform/tool-lock.ts";
import { cached } from "./cache.ts";
import type { Preparation } from "./context.ts";
import { downloadTool } from "./download.ts";
import { goBuild, goInstall, hasGo, type ModuleProgram, moduleFolder } from "./go.ts";
import { findOnPath } from "./path.ts";

const lookups: Readonly<Record<string, readonly string[]>> = {
  helm: ["version", "--short"],
  kubectl: ["version", "--client"],
  gitleaks: ["version"],
};

function versionArguments(name: string): readonly string[] {
  return lookups[name] ?? ["--version"];
}

/**
 * A tool of `tools.lock.json`, the first of its name unless a version is asked: from PATH if it is exactly that version,
 * the cache, its release, or built with Go.
 */
export async function provideTool(preparation: Preparation, name: string, version?: string): Promise<string> {
  const tool = lockedTool(name, version);
  if (tool === undefined)
    throw new OutsideError(`tools.lock.json does not name ${[name, version].join(" ").trim()}`);
  const onPath = await findOnPath(preparation, tool, versionArguments(name));
  if (onPath !== undefined) return onPath;
  const path = join(preparation.cache, "tools", `${name}-${tool.version}-${process.arch}`, name);
  return cached(path, async (temporary) => {
    if ((await downloadTool(preparation, tool, temporary)) === "done") return;
    if (tool.goInstall === undefined || !(await hasGo(preparation)))
      throw new OutsideError(waysToProvide(tool));
    await goInstall(preparation, tool, temporary);
  });
}

function waysToProvide(tool: LockedTool): string {
  const { name, version } = tool;
  const url = tool.platforms[`linux-${process.arch}`]?.url;
  const download = url === undefined ? "" : `, allow ${new URL(url).hostname}`;
  return `${name} ${version} cannot be had here: put it on PATH${download}, or install Go 1.21 or newer (https://go.dev/dl)`;
}

/** A program of one of our own Go modules: from PATH if it is exactly that version, the cache, or built with Go. */
export async function provideModuleProgram(
  preparation: Preparation,
  program: ModuleProgram,
): Promise<string> {
  const onPath = await findOnPath(preparation, program, versionArguments(program.name));
  if (onPath !== undefined) return onPath;
  const folder = `${program.module}-${program.version}-${await fingerprint(program)}-${process.arch}`;
  return cached(join(preparation.cache, "tools", folder, program.name), async (temporary) => {
    if (!(await hasGo(preparation))) {
      throw new OutsideError(
        `${program.name} ${program.version} cannot be had here: put it on PATH or install Go 1.21 or newer (https://go.dev/dl)`,
      );
    }
    await goBuild(preparation, program, temporary);
  });
}

/** Two builds with the same sources and flags are the same. */
async function fingerprint(program: ModuleProgram): Promise<string> {
  const sums = await readFile(join(moduleFolder(program.module), "go.sum"));
  return createHash("sha256").update(sums).update(program.ldflags).digest("hex").slice(0, 8);
}
