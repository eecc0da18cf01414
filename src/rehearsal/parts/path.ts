import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { Preparation } from "./context.ts";

interface Wanted {
  readonly name: string;
  readonly version: string;
}

/** The first program on PATH that says it is exactly the wanted version. */
export async function findOnPath(
  preparation: Preparation,
  { name, version }: Wanted,
  versionArguments: readonly string[],
): Promise<string | undefined> {
  const folders = (preparation.env.PATH ?? "").split(delimiter).filter((folder) => folder.startsWith("/"));
  for (const folder of new Set(folders)) {
    const path = join(folder, name);
    if (!(await isExecutable(path))) continue;
    const ran = await preparation.shell(path, versionArguments, { timeoutMs: 10_000 }).catch(() => undefined);
    if (ran?.exitCode === 0 && saysVersion(ran.stdout, version)) return path;
  }
  return undefined;
}

/** True when a tool's answer names this version and no longer one: 1.34.2 is not 1.34.20. */
export function saysVersion(answer: string, version: string): boolean {
  const escaped = version.replaceAll(".", "\\.");
  return new RegExp(`(^|[^\\d.])${escaped}($|[^\\d.\\w-])`, "m").test(answer);
}

/** True when a file may be run. */
export function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
