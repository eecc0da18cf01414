export interface ReturnReserve {
  readonly totalMs: number;
  /** How long the way back is expected to take; absent where there is no way back, or none is wanted. */
  readonly returnSeconds?: number;
}

/**
 * The part of a step's time that a rollout must leave for what comes after its failure: a third for the way back, up to
 * half where the way back is expected to take longer; without one, a tenth to look at what failed and clean up.
 */
export function reserveMs({ totalMs, returnSeconds }: ReturnReserve): number {
  if (returnSeconds === undefined) return Math.min(15_000, totalMs / 10);
  return Math.min(totalMs / 2, Math.max(totalMs / 3, returnSeconds * 1000));
}
