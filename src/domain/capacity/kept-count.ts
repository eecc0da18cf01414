import type { ScaledWorkload } from "./live-count.ts";

/** A live count that a manifest is about to overwrite. */
export interface KeptCount extends ScaledWorkload {
  /** What is there now. */
  readonly count: number;
  /** What the manifest makes of it; 1 where it names none. */
  readonly literal: number;
}

/** What is known of one workload while Helm is at work. */
export interface CountMemory {
  readonly literal: number;
  readonly last: number;
  readonly isRestored: boolean;
}

export function startCount({ count, literal }: KeptCount): CountMemory {
  return { literal, last: count, isRestored: false };
}

/**
 * Takes in one more sight of the count. Helm writes the manifest's number once; whoever lowers it after that, or to
 * another number, is the autoscaler, and means it.
 */
export function seeCount(
  memory: CountMemory,
  seen: number,
): { readonly memory: CountMemory; readonly restore?: number } {
  const isLowered = seen === memory.literal && seen < memory.last && !memory.isRestored;
  if (!isLowered) return { memory: { ...memory, last: seen } };
  return { memory: { ...memory, isRestored: true }, restore: memory.last };
}
