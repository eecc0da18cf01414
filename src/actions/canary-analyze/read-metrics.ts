import type { ArmReadings } from "../../domain/canary/analysis.ts";
import type { Reading } from "../../domain/canary/counters.ts";
import { type Metric, type MetricSource, queryFor } from "../../domain/canary/metric.ts";
import { byBound } from "../../domain/canary/streams.ts";
import type { MetricsSource, TimeSpan } from "../../platform/prometheus.ts";

/** Label matchers of the two arms. */
export interface Arms {
  readonly candidate: string;
  readonly baseline: string;
}

export interface ReadRequest {
  readonly metrics: readonly Metric[];
  readonly arms: Arms;
  readonly span: TimeSpan;
  readonly signal: AbortSignal;
  /** The candidate's past is none: only the baseline is asked for. */
  readonly baselineOnly?: boolean;
}

/** Reads the raw counters of both arms for every metric, by its name. */
export async function readMetrics(
  source: MetricsSource,
  request: ReadRequest,
): Promise<Readonly<Record<string, ArmReadings>>> {
  const entries = await Promise.all(
    request.metrics.map(async (metric) => {
      const read = (matchers: string) => readArm(source, metric.source, matchers, request);
      const [candidate, baseline] = await Promise.all([
        request.baselineOnly === true ? {} : read(request.arms.candidate),
        read(request.arms.baseline),
      ]);
      return [metric.name, { candidate, baseline }] as const;
    }),
  );
  return Object.fromEntries(entries);
}

async function readArm(
  source: MetricsSource,
  wanted: MetricSource,
  matchers: string,
  { span, signal }: Pick<ReadRequest, "span" | "signal">,
): Promise<Reading> {
  const ask = (selector: string) => source.samples(queryFor(selector, matchers), span, signal);
  if (wanted.kind === "gauge") return { value: await ask(wanted.gauge) };
  if (wanted.kind === "value") {
    return { value: await source.values(queryFor(wanted.query, matchers), span.endMs, signal) };
  }
  if (wanted.kind === "latency") return byBound(await ask(wanted.buckets));
  // Errors first: a scrape that is stored between the two queries then adds requests without errors, not the reverse.
  const bad = await ask(wanted.errors);
  return { bad, total: await ask(wanted.requests) };
}
