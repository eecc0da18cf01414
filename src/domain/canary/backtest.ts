import { type Past, type PretendEnd, type PretendPlan, plannedBins, pretend } from "./backtest-release.ts";
import type { Regression } from "./backtest-split.ts";
import { type Tally, tallyOf } from "./backtest-tally.ts";
import { seeded } from "./seeded.ts";

/** Regressions that are injected: the share of errors so many times, the latency so many times. */
export const errorRatios = [1.5, 2, 3, 5, 10] as const;
export const latencyRatios = [1.1, 1.25, 1.5, 2] as const;

export interface Injected {
  readonly metric: string;
  readonly regression: Regression;
  readonly tally: Tally;
}

export interface BacktestSize {
  /** Releases of two equal versions. */
  readonly equal: number;
  /** Releases of each regression. */
  readonly each: number;
}

export interface Backtest {
  readonly seed: number;
  readonly size: BacktestSize;
  readonly equal: Tally;
  readonly injected: readonly Injected[];
  /** Requests of the candidate in the first step: one release in ten had less. */
  readonly fewFirstRequests: number;
}

export interface BacktestPlan {
  readonly past: Past;
  readonly plan: PretendPlan;
  readonly seed: number;
  readonly size: BacktestSize;
}

/** All pretended releases, one at each step of the iteration, so that who iterates may pause or give up. */
export function* backtest(of: BacktestPlan): Generator<PretendEnd, Backtest> {
  const equal = yield* releases(of, of.size.equal, 0);
  const injected: Injected[] = [];
  for (const [index, worse] of regressionsOf(of.past).entries()) {
    const ends = yield* releases(of, of.size.each, index + 1, worse);
    injected.push({ ...worse, tally: tallyOf(foundBy(of, worse, ends)) });
  }
  const first = equal.map((one) => one.firstStepRequests).toSorted((a, b) => a - b);
  return {
    seed: of.seed,
    size: of.size,
    equal: tallyOf(equal),
    injected,
    fewFirstRequests: first[Math.floor(first.length / 10)] ?? 0,
  };
}

/** One that is stopped for another metric, or later than planned, was not found by this one. */
export function foundBy(
  { past, plan }: Pick<BacktestPlan, "past" | "plan">,
  { metric }: Worse,
  ends: readonly PretendEnd[],
): readonly PretendEnd[] {
  const plannedMs = plannedBins(plan, past.span) * past.span.binMs;
  return ends.map((end) => {
    if (end.verdict.kind !== "fail") return end;
    if (!end.failed.includes(metric)) return missed(end, "stopped for another metric");
    return end.afterMs <= plannedMs ? end : missed(end, "stopped after the planned time");
  });
}

function missed(end: PretendEnd, why: string): PretendEnd {
  return { ...end, verdict: { kind: "inconclusive", missing: [why] } };
}

export interface Worse {
  readonly metric: string;
  readonly regression: Regression;
}

/** Every regression for every critical metric, with the one that must not ship among them. */
export function regressionsOf({ metrics }: Past): readonly Worse[] {
  const critical = metrics.filter(({ metric }) => metric.critical);
  return critical.flatMap(({ metric }): readonly Worse[] => {
    const isErrors = metric.source.kind === "errors";
    const usual: readonly number[] = isErrors ? errorRatios : latencyRatios;
    const ratios = [...new Set([...usual, metric.unacceptableRatio])].toSorted((one, two) => one - two);
    const kind = isErrors ? "errors" : "latency";
    return ratios.map((ratio) => ({ metric: metric.name, regression: { kind, ratio } }));
  });
}

/** Releases that begin evenly over the past, each at a random place of its part. */
export function* releases(
  { past, plan, seed }: BacktestPlan,
  count: number,
  stream: number,
  worse?: Worse,
): Generator<PretendEnd, readonly PretendEnd[]> {
  const { first, room } = startsIn(past, plan);
  const ends: PretendEnd[] = [];
  for (let index = 0; index < count; index++) {
    const random = seeded(mixed(seed, stream, index));
    const from = first + Math.floor(((index + random.next()) / count) * room);
    const end = pretend(past, plan, { from, random, ...(worse === undefined ? {} : { worse }) });
    ends.push(end);
    yield end;
  }
  return ends;
}

/** Where releases may begin: with some past before them, and the planned time after. Below one, the past is too short. */
export function startsIn(past: Past, plan: PretendPlan): { readonly first: number; readonly room: number } {
  const { bins, binMs } = past.span;
  const planned = plannedBins(plan, past.span) + plan.steps.length;
  const first = Math.min(Math.round((60 * 60_000) / binMs), Math.floor(bins / 4));
  return { first, room: bins - first - planned };
}

/** Streams of random numbers that have nothing to do with each other, of one seed. */
function mixed(seed: number, stream: number, index: number): number {
  let hash = 0x811c9dc5;
  for (const part of [seed, stream, index]) {
    hash = Math.imul(hash ^ part, 0x01000193) >>> 0;
    hash = (hash ^ (hash >>> 13)) >>> 0;
  }
  return hash;
}
