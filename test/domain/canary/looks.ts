import {
  addLook,
  judgeMetric,
  type MetricBatch,
  type MetricState,
  startMetric,
} from "../../../src/domain/canary/judge.ts";
import type { CountedMetric } from "../../../src/domain/canary/metric.ts";

export const errorRate: CountedMetric = {
  name: "error-rate",
  source: { kind: "errors", errors: "e", requests: "r" },
  limit: { share: 0.01 },
  toleratedRatio: 1.2,
  unacceptableRatio: 2,
  weight: 1,
  critical: true,
};
const { limit: _none, ...withoutLimit } = errorRate;
export const unlimited: CountedMetric = withoutLimit;

export const latency: CountedMetric = {
  ...errorRate,
  name: "latency",
  source: { kind: "latency", buckets: "b" },
  limit: { share: 0.05, seconds: 0.5 },
};

export const levels = { alpha: 0.05, beta: 0.05 };

/** Errors and requests of the candidate, then of the baseline. */
export function look(
  stratum: string,
  [ec, nc, eb, nb]: readonly [number, number, number, number],
): MetricBatch {
  return {
    stratum,
    streams: { errors: { candidate: { bad: ec, total: nc }, baseline: { bad: eb, total: nb } } },
  };
}

/** Slow requests of 100 in the candidate, then of 1000 in the baseline, by bound. */
export function slow(bounds: Readonly<Record<string, readonly [number, number]>>): MetricBatch {
  const streams = Object.entries(bounds).map(([bound, [candidate, baseline]]) => [
    bound,
    { candidate: { bad: candidate, total: 100 }, baseline: { bad: baseline, total: 1000 } },
  ]);
  return { stratum: "5", streams: Object.fromEntries(streams) };
}

export function stateOf(metric: CountedMetric, looks: readonly MetricBatch[]): MetricState {
  return looks.reduce((state, one) => addLook(metric, state, [one]), startMetric());
}

export const judge = (metric: CountedMetric, looks: readonly MetricBatch[]) =>
  judgeMetric(metric, stateOf(metric, looks), levels);
