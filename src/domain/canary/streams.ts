import type { CounterState, Reading } from "./counters.ts";
import type { ArmCounts, Counts } from "./counts.ts";
import { errorStream, type MetricBatch } from "./judge.ts";
import type { CountedMetric } from "./metric.ts";
import type { Series } from "./series.ts";

type Increases = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** What the counters of both arms grew by in one look and one stratum, by role. */
export interface Growth {
  readonly stratum: string;
  readonly candidate: Readonly<Record<string, number>>;
  readonly baseline: Readonly<Record<string, number>>;
}

/** Both arms' growth in one look, by stratum. */
export function growthsOf(increases: {
  readonly candidate: Increases;
  readonly baseline: Increases;
}): readonly Growth[] {
  const strata = new Set([...Object.keys(increases.candidate), ...Object.keys(increases.baseline)]);
  return [...strata].map((stratum) => ({
    stratum,
    candidate: increases.candidate[stratum] ?? {},
    baseline: increases.baseline[stratum] ?? {},
  }));
}

/** Both arms' growth in one look, as counts of good and bad requests by stratum. */
export function batchesOf(
  metric: CountedMetric,
  increases: { readonly candidate: Increases; readonly baseline: Increases },
): readonly MetricBatch[] {
  return growthsOf(increases).map((growth) => batchOf(metric, growth));
}

/** A look's growth as counts of good and bad requests. */
export function batchOf(metric: CountedMetric, { stratum, candidate, baseline }: Growth): MetricBatch {
  const streams =
    metric.source.kind === "errors"
      ? { [errorStream]: { candidate: errorsIn(candidate), baseline: errorsIn(baseline) } }
      : slowRequests(candidate, baseline, metric.toleratedRatio);
  return { stratum, streams };
}

const infinite = "Infinity";

/** The buckets of a histogram by bound in seconds, as the roles of a reading. */
export function byBound(buckets: readonly Series[]): Reading {
  const known = buckets.filter((one) => !Number.isNaN(boundOf(one)));
  return Object.fromEntries(Map.groupBy(known, (one) => String(boundOf(one))));
}

/** The finite bounds that an arm's histogram has. */
export function boundsOf(state: CounterState): readonly number[] {
  return state.roles
    .map(Number)
    .filter(Number.isFinite)
    .toSorted((a, b) => a - b);
}

/** Whether an arm has the counter that all others are compared with. */
export function hasRequests(metric: CountedMetric, state: CounterState): boolean {
  return state.roles.includes(metric.source.kind === "errors" ? "total" : infinite);
}

function boundOf(series: Series): number {
  const le = series.labels.le ?? "";
  if (le === "+Inf") return Number.POSITIVE_INFINITY;
  return le === "" ? Number.NaN : Number(le);
}

function errorsIn(increase: Readonly<Record<string, number>>): Counts {
  // No error series beside a request series means no errors.
  return { bad: increase.bad ?? 0, total: increase.total ?? 0 };
}

type Counted = Readonly<Record<string, number>>;

function slowRequests(candidate: Counted, baseline: Counted, toleratedRatio: number) {
  const bounds = new Set([...Object.keys(candidate), ...Object.keys(baseline)]);
  bounds.delete(infinite);
  // In one order whoever answered: sums of floats depend on it, and a replay must give the same ones.
  const inOrder = [...bounds].toSorted((a, b) => Number(a) - Number(b));
  const streams = inOrder.flatMap((bound): readonly (readonly [string, ArmCounts])[] => {
    const [a, b] = [slowerThan(bound, candidate), slowerThan(bound, baseline)];
    if (a === undefined || b === undefined) return [];
    const tolerated = { bad: slowerThanTime(Number(bound) / toleratedRatio, baseline), total: b.total };
    return [[bound, { candidate: a, baseline: b, tolerated }]];
  });
  return Object.fromEntries(streams);
}

/** Undefined where this arm has requests and no such bucket: then the arms cannot be compared at this bound. */
function slowerThan(bound: string, increase: Counted): Counts | undefined {
  const total = increase[infinite] ?? 0;
  const within = increase[bound];
  if (total === 0) return { bad: 0, total: 0 };
  return within === undefined ? undefined : { bad: total - within, total };
}

/**
 * How many requests took longer than a time between two bounds, each request of that bucket counted in part. The test
 * stays exact for such parts, as they lie between 0 and 1.
 */
function slowerThanTime(seconds: number, increase: Counted): number {
  const bounds = Object.keys(increase)
    .map(Number)
    .filter(Number.isFinite)
    .toSorted((a, b) => a - b);
  const total = increase[infinite] ?? 0;
  const slow = (bound: number) => (bound === 0 ? total : total - (increase[String(bound)] ?? 0));
  const below = bounds.findLast((bound) => bound <= seconds) ?? 0;
  const above = bounds.find((bound) => bound > seconds);
  if (above === undefined) return slow(below);
  const part = (seconds - below) / (above - below);
  return (1 - part) * slow(below) + part * slow(above);
}
