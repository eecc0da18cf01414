import type { Counts } from "./counts.ts";

/**
 * What is known of how bad requests cluster: sums over pairs of neighbouring intervals of the baseline. Plain data, so
 * that it resumes.
 */
export interface Clustering {
  /** Squared distance of each pair from an even split of its bad requests. */
  readonly seen: number;
  /** What independent requests would show. */
  readonly expected: number;
  readonly pairs: number;
  /** By stratum, the interval that waits for its neighbour. Intervals of two weights are no neighbours. */
  readonly waiting: Readonly<Record<string, Counts>>;
}

export const noClustering: Clustering = { seen: 0, expected: 0, pairs: 0, waiting: {} };

/**
 * Adds one interval of the baseline. Neighbours are compared with each other, so that a rate that drifts over hours is
 * not taken for clusters: of the bad requests of a pair, each lies in the first interval with the chance of its share of
 * requests, whatever the rate is.
 */
export function addInterval(known: Clustering, stratum: string, interval: Counts): Clustering {
  if (!(interval.total > 0)) return known;
  const { [stratum]: before, ...others } = known.waiting;
  if (before === undefined) return { ...known, waiting: { ...others, [stratum]: interval } };
  const bad = before.bad + interval.bad;
  const share = before.total / (before.total + interval.total);
  if (bad === 0) return { ...known, waiting: others };
  return {
    seen: known.seen + (before.bad - bad * share) ** 2,
    expected: known.expected + bad * share * (1 - share),
    pairs: known.pairs + 1,
    waiting: others,
  };
}

// So many pairs of independent requests are taken as seen before the first one.
const priorPairs = 2;

/**
 * The dispersion index: variance of bad requests over that of independent ones, at least 1. Log evidence is divided by
 * it on both sides, since five errors of one burst are one misfortune. Empirical: no proof holds for clustered requests.
 */
export function dispersionOf({ seen, expected, pairs }: Clustering): number {
  if (pairs === 0) return 1;
  const prior = (priorPairs * expected) / pairs;
  return Math.max(1, (seen + prior) / (expected + prior));
}
