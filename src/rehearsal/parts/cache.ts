import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";

/** Where parts and notes of worlds are kept: `SLUICE_CACHE`, else the user's cache folder. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  if (env.SLUICE_CACHE) return env.SLUICE_CACHE;
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "sluice");
}

/** Everything that the rehearsal keeps in its cache folder. */
export const cacheEntries = [
  "tools",
  "packages",
  "images",
  "gateway-api",
  "istio-api",
  "apt",
  "runs",
] as const;

/**
 * The path itself when it is already whole; else `fill` makes it under a temporary name and it is renamed when
 * complete, so that an interrupted preparation never leaves half a part.
 */
export async function cached(path: string, fill: (temporary: string) => Promise<void>): Promise<string> {
  if (existsSync(path)) return path;
  await mkdir(dirname(path), { recursive: true });
  await removeAbandoned(path);
  const temporary = `${path}${mark}${process.pid}`;
  await fill(temporary);
  try {
    await rename(temporary, path);
  } catch (error) {
    // Another preparation was quicker: its part is as good.
    if (!existsSync(path)) throw error;
    await rm(temporary, { recursive: true, force: true });
  }
  return path;
}

const mark = ".part-";

/** What a killed preparation has left half done goes; what another one is still at stays. */
async function removeAbandoned(path: string): Promise<void> {
  const beginning = `${basename(path)}${mark}`;
  const names = await readdir(dirname(path));
  for (const name of names.filter((one) => one.startsWith(beginning))) {
    const owner = Number.parseInt(name.slice(beginning.length), 10);
    if (owner !== process.pid && isAlive(owner)) continue;
    await rm(join(dirname(path), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
