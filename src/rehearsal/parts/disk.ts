import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { OutsideError } from "../../core/errors.ts";
import { formatBytes } from "./progress.ts";

/** Refuses in one sentence when a folder's disk has less room than is about to be needed. */
export async function refuseFullDisk(folder: string, neededBytes: number): Promise<void> {
  const free = await freeBytes(folder);
  if (free >= neededBytes) return;
  throw new OutsideError(
    `Preparing the parts needs ${formatBytes(neededBytes)} on the disk of ${folder}: ${formatBytes(free)} are free; free some or set SLUICE_CACHE to a folder on another disk`,
  );
}

async function freeBytes(folder: string): Promise<number> {
  let there = folder;
  while (!existsSync(there)) there = dirname(there);
  const { bavail, bsize } = await statfs(there);
  return bavail * bsize;
}
