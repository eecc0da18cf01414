/** Responses by the arm they came from. */
export interface ArmCounts {
  readonly candidate: number;
  readonly stable: number;
}

export type WeightDecision = "confirmed" | "refuted" | "undecided";

export interface WeightClaim {
  /** The share the candidate is meant to get, in percent. */
  readonly percent: number;
  /** The chance of confirming a share that is off by the tolerance or more, whenever one stops counting. */
  readonly alpha: number;
}

const widestTolerance = 0.05;
const edgeTolerance = 0.01;

/**
 * Whether counted responses bear out an intended weight. May be asked after every response: for the intended share
 * against the nearest share that is not tolerated, on either side, the likelihood ratio is a martingale, so Ville's
 * inequality bounds both errors however long one looks. At 0 (and 100) one response of the wrong arm refutes.
 */
export function decideWeight(counts: ArmCounts, { percent, alpha }: WeightClaim): WeightDecision {
  const share = percent / 100;
  const rivals = rivalShares(share);
  const evidence = rivals.map((rival) => logLikelihood(counts, share) - logLikelihood(counts, rival));
  // A response that the intended share makes impossible settles it: -Infinity on every side.
  if (evidence.some((log) => log <= -Math.log(rivals.length / alpha))) return "refuted";
  return evidence.every((log) => log >= Math.log(1 / alpha)) ? "confirmed" : "undecided";
}

/** The alpha of the n-th count, from 1: all counts of one confirmation together stay within the whole. */
export function alphaOfCount(alpha: number, n: number): number {
  return alpha / (n * (n + 1));
}

/** The nearest shares that must be told from the intended one: 5 points away, or as far as there is room. */
function rivalShares(share: number): readonly number[] {
  if (share === 0) return [edgeTolerance];
  if (share === 1) return [1 - edgeTolerance];
  const tolerance = Math.min(widestTolerance, share, 1 - share);
  return [share - tolerance, share + tolerance];
}

function logLikelihood({ candidate, stable }: ArmCounts, share: number): number {
  return times(candidate, share) + times(stable, 1 - share);
}

/** 0 · log 0 is 0: what did not happen says nothing against an arm that gets nothing. */
function times(count: number, share: number): number {
  return count === 0 ? 0 : count * Math.log(share);
}
