import {
  type CounterState,
  countGrowth,
  newestMs,
  noCounters,
  type Reading,
  type Stratum,
} from "./counters.ts";
import type { ArmCounts } from "./counts.ts";
import { addLook, judgeMetric, type MetricState, startMetric } from "./judge.ts";
import type { MetricJudgement } from "./judgement.ts";
import { type CountedMetric, comparesValues, isCounted, type Metric } from "./metric.ts";
import type { MetricBatch } from "./metric-batch.ts";
import { isOfWeight, partition, stratumOf } from "./partition.ts";
import { batchOf, type Growth, growthsOf, hasRequests } from "./streams.ts";
import { addValues, judgeValued, startValued, type ValuedState, type ValuePair } from "./valued.ts";
import { newestSampleMs, valueSince } from "./values.ts";
import { alphaOf } from "./verdict.ts";

/** What was read of one metric in one look. */
export interface ArmReadings {
  readonly candidate: Reading;
  readonly baseline: Reading;
}

interface CountedProgress {
  readonly kind: "counted";
  /** Counters by the part of a stratum they belong to. */
  readonly candidate: Readonly<Record<string, CounterState>>;
  readonly baseline: Readonly<Record<string, CounterState>>;
  readonly judged: MetricState;
  /** Requests of the candidate in each stratum. */
  readonly requests: Readonly<Record<string, number>>;
}

interface ValuedProgress {
  readonly kind: "valued";
  readonly judged: ValuedState;
  readonly newestMs: { readonly candidate: number; readonly baseline: number };
}

export type MetricProgress = CountedProgress | ValuedProgress;

/** How far the analysis of all metrics has come, by name. Plain data, so that it resumes. */
export type Analysis = Readonly<Record<string, MetricProgress>>;

export interface LookWindow {
  readonly strata: readonly Stratum[];
  readonly untilMs: number;
  /** Of the whole analysis. */
  readonly confidence: number;
}

export interface Looked {
  readonly analysis: Analysis;
  /** What this look added, by metric: with the rule, enough to judge again. */
  readonly batches: Readonly<Record<string, readonly MetricBatch[]>>;
  /** What the batches were made of. */
  readonly growths: Readonly<Record<string, readonly Growth[]>>;
  readonly values: Readonly<Record<string, ValuePair>>;
}

/** What one look found, however it was found: enough to judge it again. */
export interface Found {
  readonly growths: Readonly<Record<string, readonly Growth[]>>;
  readonly values: Readonly<Record<string, ValuePair>>;
}

export function startAnalysis(metrics: readonly Metric[]): Analysis {
  return Object.fromEntries(metrics.map((metric) => [metric.name, startOf(metric)]));
}

function startOf(metric: Metric): MetricProgress {
  const never = Number.NEGATIVE_INFINITY;
  return isCounted(metric)
    ? { kind: "counted", candidate: {}, baseline: {}, judged: startMetric(), requests: {} }
    : { kind: "valued", judged: startValued(), newestMs: { candidate: never, baseline: never } };
}

interface Look {
  readonly readings: Readonly<Record<string, ArmReadings>>;
  readonly window: LookWindow;
}

/** The analysis after one look at every metric. */
export function takeLook(metrics: readonly Metric[], analysis: Analysis, { readings, window }: Look): Looked {
  const counted: Record<string, MetricProgress> = { ...analysis };
  const growths: Record<string, readonly Growth[]> = {};
  const values: Record<string, ValuePair> = {};
  for (const metric of metrics) {
    const before = analysis[metric.name];
    const reading = readings[metric.name];
    if (before === undefined || reading === undefined) continue;
    if (isCounted(metric) && before.kind === "counted") {
      const read = readCounters(metric, before, { reading, window });
      counted[metric.name] = { ...before, ...read.states };
      growths[metric.name] = read.growths;
    } else if (!isCounted(metric) && before.kind === "valued") {
      const read = readValues(before, reading);
      counted[metric.name] = { ...before, newestMs: read.newestMs };
      // What was read before the rollout only tells that there is something to read.
      if (window.strata.length > 0) values[metric.name] = read.pair;
    }
  }
  return addFound(metrics, counted, { found: { growths, values }, confidence: window.confidence });
}

/** The analysis after what one look found: of a store, of a recording, or of a pretended release. */
export function addFound(
  metrics: readonly Metric[],
  analysis: Analysis,
  { found, confidence }: { readonly found: Found; readonly confidence: number },
): Looked {
  const after: Record<string, MetricProgress> = { ...analysis };
  const batches: Record<string, readonly MetricBatch[]> = {};
  for (const metric of metrics) {
    const before = analysis[metric.name];
    const growths = found.growths[metric.name];
    const pair = found.values[metric.name];
    if (isCounted(metric) && before?.kind === "counted" && growths !== undefined) {
      const added = growths.map((growth) => batchOf(metric, growth));
      batches[metric.name] = added;
      after[metric.name] = addBatches(metric, before, added);
    } else if (!isCounted(metric) && before?.kind === "valued" && pair !== undefined) {
      const alpha = alphaOf(metric, metrics, 1 - confidence);
      after[metric.name] = { ...before, judged: addValues(metric, before.judged, { pair, alpha }) };
    }
  }
  return { ...found, analysis: after, batches };
}

function addBatches(
  metric: CountedMetric,
  before: CountedProgress,
  batches: readonly MetricBatch[],
): CountedProgress {
  const requests = { ...before.requests };
  for (const { stratum, streams } of batches)
    requests[stratum] = (requests[stratum] ?? 0) + requestsIn(streams);
  return { ...before, judged: addLook(metric, before.judged, batches), requests };
}

function readCounters(
  metric: CountedMetric,
  before: CountedProgress,
  { reading, window }: { readonly reading: ArmReadings; readonly window: LookWindow },
) {
  const labels = metric.strata ?? [];
  const arms = {
    candidate: partition(reading.candidate, labels),
    baseline: partition(reading.baseline, labels),
  };
  const parts = new Set(
    [before.candidate, before.baseline, arms.candidate, arms.baseline].flatMap(Object.keys),
  );
  const states = { candidate: { ...before.candidate }, baseline: { ...before.baseline } };
  const growths = [...parts].flatMap((part) => {
    // Every process of the candidate began with this rollout; one of the baseline may be older than what is stored of it.
    const count = (arm: "candidate" | "baseline") => {
      const counted = countGrowth(states[arm][part] ?? noCounters, arms[arm][part] ?? {}, {
        ...window,
        bornFromZero: arm === "candidate",
      });
      states[arm][part] = counted.state;
      return counted.increases;
    };
    const increases = { candidate: count("candidate"), baseline: count("baseline") };
    return growthsOf(increases).map((one) => ({ ...one, stratum: stratumOf(one.stratum, part) }));
  });
  return { states, growths };
}

function requestsIn(streams: Readonly<Record<string, ArmCounts>>): number {
  return Math.max(0, ...Object.values(streams).map(({ candidate }) => candidate.total));
}

function readValues(before: ValuedProgress, reading: ArmReadings) {
  const read = (arm: "candidate" | "baseline") => {
    const series = Object.values(reading[arm]).flat();
    const value = valueSince(series, before.newestMs[arm]);
    return { value, newest: Math.max(before.newestMs[arm], newestSampleMs(series)) };
  };
  const [candidate, baseline] = [read("candidate"), read("baseline")];
  const pair: ValuePair = { candidate: candidate.value, baseline: baseline.value };
  return { pair, newestMs: { candidate: candidate.newest, baseline: baseline.newest } };
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
    if (progress?.kind === "counted" && isCounted(metric))
      return [judgeMetric(metric, progress.judged, levels)];
    if (progress?.kind === "valued" && !isCounted(metric))
      return [judgeValued(metric, progress.judged, levels)];
    return [];
  });
}

/** The fewest requests of the candidate that any critical metric counted at a weight. Infinity where none counts requests. */
export function requestsOf(metrics: readonly Metric[], analysis: Analysis, weight: string): number {
  return Math.min(
    ...critical(metrics, analysis).flatMap((progress) =>
      progress.kind === "counted" ? [requestsAt(progress, weight)] : [],
    ),
  );
}

function requestsAt({ requests }: CountedProgress, weight: string): number {
  return Object.entries(requests).reduce(
    (sum, [stratum, count]) => sum + (isOfWeight(stratum, weight) ? count : 0),
    0,
  );
}

/** When the newest sample was scraped that both arms of every critical metric have; -Infinity where one has none. */
export function newestOfAll(metrics: readonly Metric[], analysis: Analysis): number {
  return Math.min(...critical(metrics, analysis).flatMap(newestOfArms));
}

function newestOfArms(progress: MetricProgress): readonly number[] {
  if (progress.kind === "valued") return [progress.newestMs.candidate];
  const newest = (states: Readonly<Record<string, CounterState>>) =>
    Math.max(Number.NEGATIVE_INFINITY, ...Object.values(states).map(newestMs));
  return [newest(progress.candidate), newest(progress.baseline)];
}

/** The metrics that nothing was read of where there must be something before the first weight is set. */
export function withoutBaseline(metrics: readonly Metric[], analysis: Analysis): readonly Metric[] {
  return metrics.filter((metric) => {
    const progress = analysis[metric.name];
    if (progress?.kind === "counted" && isCounted(metric))
      return !Object.values(progress.baseline).some((state) => hasRequests(metric, state));
    const needsBaseline = !isCounted(metric) && comparesValues(metric);
    return progress?.kind !== "valued" || (needsBaseline && !Number.isFinite(progress.newestMs.baseline));
  });
}

function critical(metrics: readonly Metric[], analysis: Analysis): readonly MetricProgress[] {
  return metrics.flatMap((metric) => {
    const progress = analysis[metric.name];
    return metric.critical && progress !== undefined ? [progress] : [];
  });
}
