import {
  type CounterState,
  countGrowth,
  newestMs,
  noCounters,
  type Reading,
  type Stratum,
} from "./counters.ts";
import type { ArmCounts } from "./counts.ts";
import {
  addLook,
  alphaOf,
  judgeMetric,
  type MetricBatch,
  type MetricJudgement,
  type MetricState,
  startMetric,
} from "./judge.ts";
import type { Metric } from "./metric.ts";
import { batchesOf, hasRequests } from "./streams.ts";

/** What was read of one metric in one look. */
export interface ArmReadings {
  readonly candidate: Reading;
  readonly baseline: Reading;
}

interface MetricProgress {
  readonly candidate: CounterState;
  readonly baseline: CounterState;
  readonly judged: MetricState;
  /** Requests of the candidate in each stratum. */
  readonly requests: Readonly<Record<string, number>>;
}

/** How far the analysis of all metrics has come, by name. Plain data, so that it resumes. */
export type Analysis = Readonly<Record<string, MetricProgress>>;

export interface LookWindow {
  readonly strata: readonly Stratum[];
  readonly untilMs: number;
}

export interface Looked {
  readonly analysis: Analysis;
  /** What this look added, by metric: with the rule, enough to judge again. */
  readonly batches: Readonly<Record<string, readonly MetricBatch[]>>;
}

export function startAnalysis(metrics: readonly Metric[]): Analysis {
  const start = { candidate: noCounters, baseline: noCounters, judged: startMetric(), requests: {} };
  return Object.fromEntries(metrics.map((metric) => [metric.name, start]));
}

/** The analysis after one look at every metric. */
export function takeLook(
  metrics: readonly Metric[],
  analysis: Analysis,
  {
    readings,
    window,
  }: { readonly readings: Readonly<Record<string, ArmReadings>>; readonly window: LookWindow },
): Looked {
  const looked = metrics.flatMap((metric) => {
    const before = analysis[metric.name];
    const reading = readings[metric.name];
    if (before === undefined || reading === undefined) return [];
    return [{ name: metric.name, ...lookAtMetric(metric, before, { reading, window }) }];
  });
  return {
    analysis: { ...analysis, ...Object.fromEntries(looked.map(({ name, after }) => [name, after])) },
    batches: Object.fromEntries(looked.map(({ name, batches }) => [name, batches])),
  };
}

function lookAtMetric(
  metric: Metric,
  before: MetricProgress,
  { reading, window }: { readonly reading: ArmReadings; readonly window: LookWindow },
) {
  // Every process of the candidate began with this rollout; one of the baseline may be older than what is stored of it.
  const candidate = countGrowth(before.candidate, reading.candidate, { ...window, bornFromZero: true });
  const baseline = countGrowth(before.baseline, reading.baseline, { ...window, bornFromZero: false });
  const batches = batchesOf(metric, { candidate: candidate.increases, baseline: baseline.increases });
  const requests = { ...before.requests };
  for (const { stratum, streams } of batches) {
    requests[stratum] = (requests[stratum] ?? 0) + requestsIn(streams);
  }
  const judged = addLook(metric, before.judged, batches);
  return { after: { candidate: candidate.state, baseline: baseline.state, judged, requests }, batches };
}

function requestsIn(streams: Readonly<Record<string, ArmCounts>>): number {
  return Math.max(0, ...Object.values(streams).map(({ candidate }) => candidate.total));
}

/** The judgement of each metric now. */
export function judgeAnalysis(
  metrics: readonly Metric[],
  analysis: Analysis,
  confidence: number,
): readonly MetricJudgement[] {
  const error = 1 - confidence;
  return metrics.flatMap((metric) => {
    const progress = analysis[metric.name];
    const levels = { alpha: alphaOf(metric, metrics, error), beta: error };
    return progress === undefined ? [] : [judgeMetric(metric, progress.judged, levels)];
  });
}

/** The fewest requests of the candidate that any critical metric counted in a stratum. */
export function requestsOf(metrics: readonly Metric[], analysis: Analysis, stratum: string): number {
  return Math.min(...critical(metrics, analysis).map((progress) => progress.requests[stratum] ?? 0));
}

/** When the newest sample was scraped that both arms of every critical metric have; -Infinity where one has none. */
export function newestOfAll(metrics: readonly Metric[], analysis: Analysis): number {
  return Math.min(
    ...critical(metrics, analysis).flatMap(({ candidate, baseline }) => [
      newestMs(candidate),
      newestMs(baseline),
    ]),
  );
}

/** The metrics, by name, whose baseline has no request counter. */
export function withoutBaseline(metrics: readonly Metric[], analysis: Analysis): readonly Metric[] {
  return metrics.filter((metric) => {
    const progress = analysis[metric.name];
    return progress === undefined || !hasRequests(metric, progress.baseline);
  });
}

function critical(metrics: readonly Metric[], analysis: Analysis): readonly MetricProgress[] {
  return metrics.flatMap((metric) => {
    const progress = analysis[metric.name];
    return metric.critical && progress !== undefined ? [progress] : [];
  });
}
