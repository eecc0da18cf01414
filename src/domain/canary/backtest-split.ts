import { errorStream } from "./judge.ts";
import type { Random } from "./seeded.ts";

/** What is made worse in the pretended candidate, on purpose. */
export type Regression =
  /** So many times the share of errors. */
  | { readonly kind: "errors"; readonly ratio: number }
  /** Every response takes so many times as long. */
  | { readonly kind: "latency"; readonly ratio: number };

/** What the whole past tells of a metric. */
export interface PastTraits {
  /** About how many bad requests came together, by stream. */
  readonly clumps: Readonly<Record<string, number>>;
  /** Share of errors that a ratio multiplies. */
  readonly errorShare: number;
}

type Counts = Readonly<Record<string, number>>;

/** Deals the requests of one interval out to two pretended versions. */
export type Split = (
  counts: Counts,
  weight: number,
) => { readonly candidate: Counts; readonly baseline: Counts };

export interface SplitRule {
  readonly random: Random;
  readonly traits: PastTraits;
  readonly regression?: Regression;
  /** Intervals without a bad request after which a burst is over. */
  readonly quietBins: number;
}

/**
 * Splits errors and requests. Good requests go by themselves; bad ones stay together in clumps as large as they came in
 * the past, over neighbouring intervals too: a burst of a real canary hits one of the versions.
 */
export function splitErrors({ random, traits, regression, quietBins }: SplitRule): Split {
  const size = traits.clumps[errorStream] ?? 1;
  const deal = dealer(random, size, quietBins);
  const share = regression?.kind === "errors" ? Math.min(1, (regression.ratio - 1) * traits.errorShare) : 0;
  return (counts, weight) => {
    const total = whole(counts.total);
    const bad = Math.min(total, whole(counts.bad));
    const [badHere, goodHere] = [deal(bad, weight), random.binomial(total - bad, weight)];
    const extra = Math.min(goodHere, inClumps(random, goodHere, { share, size }));
    return {
      candidate: { bad: badHere + extra, total: badHere + goodHere },
      baseline: { bad: bad - badHere, total: total - badHere - goodHere },
    };
  };
}

/** Splits a histogram, bucket by bucket; the slow buckets in clumps. */
export function splitBuckets(
  { random, traits, regression, quietBins }: SplitRule,
  bounds: readonly number[],
): Split {
  const keys = [...bounds, Number.POSITIVE_INFINITY].map(String);
  const dealers = keys.map((_, index) =>
    dealer(random, traits.clumps[keys[index - 1] ?? ""] ?? 1, quietBins),
  );
  const moves = regression?.kind === "latency" ? slowing(bounds, regression.ratio) : undefined;
  return (counts, weight) => {
    const within = apart(keys.map((key) => whole(counts[key])));
    const here = within.map((count, index) => dealers[index]?.(count, weight) ?? 0);
    const there = within.map((count, index) => count - (here[index] ?? 0));
    const slowed = moves === undefined ? here : moved(random, here, moves);
    return { candidate: cumulated(keys, slowed), baseline: cumulated(keys, there) };
  };
}

function whole(count: number | undefined): number {
  return Math.max(0, Math.round(count ?? 0));
}

function apart(cumulative: readonly number[]): readonly number[] {
  return cumulative.map((count, index) => Math.max(0, count - (cumulative[index - 1] ?? 0)));
}

function cumulated(keys: readonly string[], counts: readonly number[]): Counts {
  let sum = 0;
  const entries = keys.map((key, index) => {
    sum += counts[index] ?? 0;
    return [key, sum] as const;
  });
  return Object.fromEntries(entries);
}

/** So close to 1, requests are taken to come one by one. */
const single = 1.05;
const manyClumps = 500;

function dealer(random: Random, size: number, quietBins: number): (count: number, weight: number) => number {
  let left = 0;
  let isHere = false;
  let quiet = 0;
  return (count, weight) => {
    quiet = count === 0 ? quiet + 1 : 0;
    if (quiet >= quietBins) left = 0;
    if (size <= single) return random.binomial(count, weight);
    if (count / size > manyClumps)
      return Math.min(count, Math.round(size * random.binomial(count / size, weight)));
    let taken = 0;
    for (let open = count; open > 0; ) {
      if (left === 0) {
        left = clumpOf(random, size);
        isHere = random.next() < weight;
      }
      const part = Math.min(left, open);
      if (isHere) taken += part;
      left -= part;
      open -= part;
    }
    return taken;
  };
}

function clumpOf(random: Random, size: number): number {
  const least = Math.floor(size);
  return least + Number(random.next() < size - least);
}

function inClumps(
  random: Random,
  count: number,
  { share, size }: { readonly share: number; readonly size: number },
): number {
  if (share <= 0) return 0;
  const clumps = random.binomial(count, Math.min(1, share / Math.max(1, size)));
  let sum = 0;
  for (let n = 0; n < clumps; n++) sum += size <= single ? 1 : clumpOf(random, size);
  return sum;
}

/**
 * Where the requests of each bucket go when they take so many times as long: within a bucket they are taken to be spread
 * evenly. Those of the last bucket stay.
 */
function slowing(bounds: readonly number[], ratio: number): readonly (readonly number[])[] {
  const edges = [0, ...bounds, Number.POSITIVE_INFINITY];
  return edges.slice(1).map((upper, bucket) => {
    const lower = edges[bucket] ?? 0;
    if (upper === Number.POSITIVE_INFINITY) return edges.slice(1).map((edge) => Number(edge === upper));
    const [from, until] = [lower * ratio, upper * ratio];
    return edges.slice(1).map((edge, index) => {
      const overlap = Math.min(until, edge) - Math.max(from, edges[index] ?? 0);
      return Math.max(0, overlap) / (until - from);
    });
  });
}

function moved(
  random: Random,
  counts: readonly number[],
  moves: readonly (readonly number[])[],
): readonly number[] {
  const after = counts.map(() => 0);
  for (const [bucket, count] of counts.entries()) {
    let [left, share] = [count, 1];
    for (const [target, part] of (moves[bucket] ?? []).entries()) {
      if (left === 0 || part === 0) continue;
      const go = part >= share - 1e-12 ? left : random.binomial(left, part / share);
      after[target] = (after[target] ?? 0) + go;
      left -= go;
      share -= part;
    }
    const last = after.length - 1;
    after[last] = (after[last] ?? 0) + left;
  }
  return after;
}
