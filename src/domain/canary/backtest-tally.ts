import type { PretendEnd } from "./backtest-release.ts";

/** How releases of one kind ended. */
export interface Tally {
  readonly releases: number;
  readonly stopped: number;
  readonly passed: number;
  readonly inconclusive: number;
  /** Time to the verdict of those that were stopped or passed; NaN where none was. */
  readonly medianMs: number;
  readonly ninetyMs: number;
  /** What one of those without a verdict missed. */
  readonly missing?: string;
}

export function tallyOf(ends: readonly PretendEnd[]): Tally {
  const count = (kind: PretendEnd["verdict"]["kind"]) =>
    ends.filter(({ verdict }) => verdict.kind === kind).length;
  const [missing] = ends.flatMap(({ verdict }) =>
    verdict.kind === "inconclusive" ? [verdict.missing[0]] : [],
  );
  const decided = ends.filter(({ verdict }) => verdict.kind !== "inconclusive").map(({ afterMs }) => afterMs);
  return {
    releases: ends.length,
    stopped: count("fail"),
    passed: count("pass"),
    inconclusive: count("inconclusive"),
    medianMs: quantile(decided, 0.5),
    ninetyMs: quantile(decided, 0.9),
    ...(missing === undefined ? {} : { missing }),
  };
}

/** The value that so large a share does not exceed; NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const inOrder = values.toSorted((a, b) => a - b);
  return inOrder[Math.max(0, Math.ceil(share * inOrder.length) - 1)] ?? Number.NaN;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The exact interval of a share at 95 % (Clopper and Pearson). */
export function shareInterval(hits: number, trials: number): Interval {
  if (trials === 0) return { low: 0, high: 1 };
  return {
    low: hits === 0 ? 0 : solve((rate) => 1 - atMost(hits - 1, trials, rate) - 0.025),
    high: hits === trials ? 1 : solve((rate) => 0.025 - atMost(hits, trials, rate)),
  };
}

/** Where an increasing function crosses 0, between 0 and 1. */
function solve(of: (rate: number) => number): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (of(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The chance of at most so many hits. */
function atMost(hits: number, trials: number, rate: number): number {
  if (rate <= 0) return 1;
  if (rate >= 1) return hits >= trials ? 1 : 0;
  let log = trials * Math.log1p(-rate);
  let sum = Math.exp(log);
  for (let hit = 1; hit <= hits; hit++) {
    log += Math.log((trials - hit + 1) / hit) + Math.log(rate) - Math.log1p(-rate);
    sum += Math.exp(log);
  }
  return Math.min(1, sum);
}
