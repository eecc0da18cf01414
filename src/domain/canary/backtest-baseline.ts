import { type CounterState, listGrowth, noCounters, type Reading } from "./counters.ts";
import { dispersionOf } from "./dispersion.ts";
import type { CountedMetric } from "./metric.ts";
import type { MetricBatch } from "./metric-batch.ts";
import { partition } from "./partition.ts";
import { batchOf } from "./streams.ts";
import { addIntervals } from "./tempered.ts";

/** The past of one part of a metric in intervals of one look: what each counter grew by. */
export interface BinnedPart {
  /** By role: a number for each interval. */
  readonly growth: ReadonlyMap<string, Float64Array>;
  /** Whether anything was scraped in an interval. */
  readonly scraped: Uint8Array;
  readonly state: CounterState;
}

export interface BinnedMetric {
  readonly metric: CountedMetric;
  readonly parts: ReadonlyMap<string, BinnedPart>;
}

/** A span of the past in equal intervals. */
export interface BinSpan {
  readonly fromMs: number;
  readonly binMs: number;
  readonly bins: number;
}

export function startBins(metric: CountedMetric): BinnedMetric {
  return { metric, parts: new Map() };
}

/**
 * Adds the samples up to a time, which follow on those that were added before: so days of counters are read in pieces,
 * of which none is kept. What grew across a gap belongs to the interval in which it was seen, as in a real canary.
 */
export function addReading(
  binned: BinnedMetric,
  span: BinSpan,
  { reading, untilMs }: { readonly reading: Reading; readonly untilMs: number },
): BinnedMetric {
  const readings = partition(reading, binned.metric.strata ?? []);
  const parts = new Map(binned.parts);
  for (const [name, of] of Object.entries(readings)) {
    const before = parts.get(name) ?? {
      growth: new Map(),
      scraped: new Uint8Array(span.bins),
      state: noCounters,
    };
    const { state, grown } = listGrowth(before.state, of, { untilMs, bornFromZero: false });
    const growth = new Map(before.growth);
    for (const role of state.roles) if (!growth.has(role)) growth.set(role, new Float64Array(span.bins));
    for (const { ms, role, value } of grown) {
      const bin = Math.floor((ms - span.fromMs) / span.binMs);
      const counts = growth.get(role);
      if (counts === undefined || bin < 0 || bin >= span.bins) continue;
      counts[bin] = (counts[bin] ?? 0) + value;
      before.scraped[bin] = 1;
    }
    parts.set(name, { growth, scraped: before.scraped, state });
  }
  return { ...binned, parts };
}

/** What the counters of a part grew by in some neighbouring intervals. */
export function growthIn(part: BinnedPart, from: number, count = 1): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const [role, counts] of part.growth) {
    let sum = 0;
    for (let bin = from; bin < from + count; bin++) sum += counts[bin] ?? 0;
    sums[role] = sum;
  }
  return sums;
}

/** One interval of the past: long against a burst, short against the drift of a day. As a real canary takes it. */
const intervalMs = 60_000;

/** The past of a metric as the intervals that tell how bad requests cluster. */
export function intervalsBefore(
  { metric, parts }: BinnedMetric,
  { binMs }: BinSpan,
  { from, until }: { readonly from: number; readonly until: number },
): readonly MetricBatch[] {
  const width = Math.max(1, Math.round(intervalMs / binMs));
  const intervals: MetricBatch[] = [];
  for (const [name, part] of parts) {
    for (let bin = Math.max(0, from); bin + width <= until; bin += width) {
      const baseline = growthIn(part, bin, width);
      intervals.push(batchOf(metric, { stratum: `before ${name}`, candidate: {}, baseline }));
    }
  }
  return intervals;
}

/** How bad requests clustered in the whole past, by stream: about how many came together. */
export function clumpsOf(binned: BinnedMetric, span: BinSpan): Readonly<Record<string, number>> {
  const clustering = addIntervals({}, intervalsBefore(binned, span, { from: 0, until: span.bins }));
  return Object.fromEntries(Object.entries(clustering).map(([stream, one]) => [stream, dispersionOf(one)]));
}

/** Bad and all requests of a stream in the whole past. */
export function totalsOfPast(
  binned: BinnedMetric,
  span: BinSpan,
): Readonly<Record<string, readonly [number, number]>> {
  const totals: Record<string, readonly [number, number]> = {};
  for (const part of binned.parts.values()) {
    const baseline = growthIn(part, 0, span.bins);
    const { streams } = batchOf(binned.metric, { stratum: "", candidate: {}, baseline });
    for (const [name, counts] of Object.entries(streams)) {
      const [bad, total] = totals[name] ?? [0, 0];
      totals[name] = [bad + counts.baseline.bad, total + counts.baseline.total];
    }
  }
  return totals;
}
