import type { Analysis } from "../../domain/canary/analysis.ts";
import type { Metric } from "../../domain/canary/metric.ts";
import {
  findCounters,
  readAgainFrom,
  type SavedAnalysis,
  withoutCounters,
} from "../../domain/canary/saved-analysis.ts";
import type { MetricsSource } from "../../platform/prometheus.ts";
import { type Arms, readMetrics } from "./read-metrics.ts";

interface Again {
  readonly metrics: readonly Metric[];
  readonly arms: Arms;
  readonly saved: SavedAnalysis;
  /** Up to here the store had been read. */
  readonly untilMs: number;
  readonly signal: AbortSignal;
}

// A process that ended early in the ramp is looked for from there: what one answer may hold limits the span.
const spanMs = 10 * 60_000;

/** The analysis that another run left, with the last value of each counter read again from the store. */
export async function readAgain(
  source: MetricsSource,
  { metrics, arms, saved, untilMs, signal }: Again,
): Promise<Analysis> {
  let analysis = withoutCounters(saved);
  for (const metric of metrics) {
    // One before, as a store may leave the first moment of a span out.
    let startMs = readAgainFrom(saved[metric.name]) - 1;
    while (startMs < untilMs) {
      const span = { startMs, endMs: Math.min(startMs + spanMs, untilMs) };
      const readings = await readMetrics(source, { metrics: [metric], arms, span, signal });
      analysis = findCounters([metric], analysis, { saved, readings });
      startMs = span.endMs;
    }
  }
  return analysis;
}
