import type { Analysis, ArmReadings, MetricProgress } from "./analysis.ts";
import { countGrowth, noCounters, type Reading } from "./counters.ts";
import { noteBaseline } from "./judge.ts";
import { type CountedMetric, isCounted, type Metric } from "./metric.ts";
import type { MetricBatch } from "./metric-batch.ts";
import { partition } from "./partition.ts";
import type { Series } from "./series.ts";
import { batchesOf } from "./streams.ts";
import { startValued } from "./valued.ts";
import { valueSince } from "./values.ts";

export interface HistorySpan {
  readonly fromMs: number;
  readonly untilMs: number;
  /** Time between two looks: of so long are the intervals that gauges are compared in. */
  readonly lookMs: number;
}

/** Whether the past of a metric is worth asking for: how errors cluster, or how long a gauge remembers. */
export function learnsFromPast(metric: Metric): boolean {
  return isCounted(metric) || (metric.source.kind === "gauge" && metric.compare?.test.kind === "sign");
}

/** One interval of the past: long against a burst, short against the drift of a day. */
const intervalMs = 60_000;

/** The analysis once it knows from the baseline's past how bad requests cluster, and how long gauges remember. */
export function noteHistory(
  metrics: readonly Metric[],
  analysis: Analysis,
  past: { readonly readings: Readonly<Record<string, ArmReadings>>; readonly span: HistorySpan },
): Analysis {
  const after: Record<string, MetricProgress> = { ...analysis };
  for (const metric of metrics) {
    const progress = analysis[metric.name];
    const reading = past.readings[metric.name];
    if (progress === undefined || reading === undefined) continue;
    after[metric.name] = progressWith(metric, progress, { reading, span: past.span });
  }
  return after;
}

interface Past {
  readonly reading: ArmReadings;
  readonly span: HistorySpan;
}

function progressWith(metric: Metric, progress: MetricProgress, { reading, span }: Past): MetricProgress {
  if (isCounted(metric) && progress.kind === "counted")
    return { ...progress, judged: noteBaseline(progress.judged, intervalsOf(metric, reading, span)) };
  if (!isCounted(metric) && progress.kind === "valued")
    return { ...progress, judged: startValued(valuesOf(reading, span)) };
  return progress;
}

function intervalsOf(
  metric: CountedMetric,
  { baseline }: ArmReadings,
  span: HistorySpan,
): readonly MetricBatch[] {
  const count = Math.max(0, Math.floor((span.untilMs - span.fromMs) / intervalMs));
  const strata = Array.from({ length: count }, (_, index) => ({
    name: String(index),
    fromMs: span.fromMs + index * intervalMs,
    untilMs: span.fromMs + (index + 1) * intervalMs,
  }));
  return Object.entries(partition(alive(baseline), metric.strata ?? [])).flatMap(([part, reading]) => {
    const window = { strata, untilMs: span.untilMs, bornFromZero: false };
    const { increases } = countGrowth(noCounters, reading, window);
    const batches = batchesOf(metric, { candidate: {}, baseline: increases });
    const inOrder = batches.toSorted((a, b) => Number(a.stratum) - Number(b.stratum));
    // Neighbours in time of one part: to the estimate they are one stratum.
    return inOrder.map((batch) => ({ ...batch, stratum: `before ${part}` }));
  });
}

/** A series is over when it was silent for so many times its usual rest between two samples, and for some seconds. */
const restsUntilOver = 2;
const leastRestMs = 10_000;

/**
 * Counters that still count. Those of pods that are gone belong to versions before, or to incidents that are over: how
 * their errors came says nothing about the version that serves.
 */
function alive(reading: Reading): Reading {
  const ends = Object.values(reading).flatMap((series) =>
    series.map(({ samples }) => samples.at(-1)?.ms ?? 0),
  );
  const newest = Math.max(0, ...ends);
  const isAlive = ({ samples }: Series) => {
    const rests = samples.slice(1).map(({ ms }, index) => ms - (samples[index]?.ms ?? ms));
    const usual = rests.toSorted((a, b) => a - b)[Math.floor(rests.length / 2)] ?? 0;
    return newest - (samples.at(-1)?.ms ?? 0) <= Math.max(leastRestMs, restsUntilOver * usual);
  };
  return Object.fromEntries(Object.entries(reading).map(([role, series]) => [role, series.filter(isAlive)]));
}

/** The baseline's mean in each interval of the past, as a look would have taken it. An interval without a sample is none. */
function valuesOf({ baseline }: ArmReadings, { fromMs, untilMs, lookMs }: HistorySpan): readonly number[] {
  const series = Object.values(baseline).flat();
  const count = Math.max(0, Math.floor((untilMs - fromMs) / lookMs));
  const intervals = series.map(({ labels, samples }) => ({
    labels,
    byInterval: Map.groupBy(samples, ({ ms }) => Math.ceil((ms - fromMs) / lookMs) - 1),
  }));
  return Array.from({ length: count }, (_, index) =>
    valueSince(
      intervals.map(({ labels, byInterval }) => ({ labels, samples: byInterval.get(index) ?? [] })),
      Number.NEGATIVE_INFINITY,
    ),
  ).filter((value) => value !== undefined);
}
