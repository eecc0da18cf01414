import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** Where parts and notes of worlds are kept: `SLUICE_CACHE`, else the user's cache folder. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  if (env.SLUICE_CACHE) return env.SLUICE_CACHE;
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "sluice");
}

/**
 * The path itself when it is already whole; else `fill` makes it under a temporary name and it is renamed when
 * complete, so that an interrupted preparation never leaves half a part.
 */
export async function cached(path: string, fill: (temporary: string) => Promise<void>): Promise<string> {
  if (existsSync(path)) return path;
  const temporary = `${path}.part`;
  await rm(temporary, { recursive: true, force: true });
  await mkdir(dirname(path), { recursive: true });
  await fill(temporary);
  await rename(temporary, path);
  return path;
}
