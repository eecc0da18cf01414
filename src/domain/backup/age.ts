import { formatMs } from "../../core/duration.ts";
import type { Fault } from "./fault.ts";

/** Times of zones lie at most this far apart; an archive does not name its own. */
const zoneSpreadMs = 14 * 3_600_000;

export interface BackupTimes {
  readonly fileMs: number;
  /** From the dump itself, read as UTC. */
  readonly dumpMs?: number | undefined;
}

/**
 * When the data was taken. A copy makes the file's time lie, so the dump's own time counts where it is older by
 * more than zones can explain.
 */
export function takenAt({ fileMs, dumpMs }: BackupTimes): number {
  return dumpMs !== undefined && dumpMs < fileMs - zoneSpreadMs ? dumpMs : fileMs;
}

export function judgeAge(ageMs: number, maxAgeMs: number | undefined): readonly Fault[] {
  if (maxAgeMs === undefined || ageMs <= maxAgeMs) return [];
  const sentence = `The backup is ${formatMs(ageMs)} old, allowed are ${formatMs(maxAgeMs)}`;
  return [{ id: "age", sentence }];
}

export function judgeRto(restoreMs: number, rtoMs: number | undefined): readonly Fault[] {
  if (rtoMs === undefined || restoreMs <= rtoMs) return [];
  const sentence = `The restore took ${formatMs(restoreMs)}, allowed are ${formatMs(rtoMs)}`;
  return [{ id: "rto", sentence }];
}
