import { ConfigError, messageOf, OutsideError } from "../../core/errors.ts";
import type { Verdict } from "../../core/verdict.ts";
import {
  type Analysis,
  judgeAnalysis,
  newestOfAll,
  requestsOf,
  startAnalysis,
  takeLook,
  withoutBaseline,
} from "../../domain/canary/analysis.ts";
import type { Stratum } from "../../domain/canary/counters.ts";
import { type MetricBatch, type MetricJudgement, verdictOf } from "../../domain/canary/judge.ts";
import { type Metric, queryFor } from "../../domain/canary/metric.ts";
import { boundsOf } from "../../domain/canary/streams.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Lease } from "../../platform/lease.ts";
import type { MetricsSource } from "../../platform/prometheus.ts";
import type { AnalysisInputs } from "./inputs.ts";
import { describeLook } from "./look-line.ts";
import { readMetrics } from "./read-metrics.ts";

/** What the story of a canary is told from outside. */
export interface CanaryPorts {
  readonly clock: Clock;
  readonly metrics: MetricsSource;
  readonly say: (line: string) => void;
  /** Aborted when the step is cancelled, or the release is lost to another one. */
  readonly signal: AbortSignal;
  /** Where this run sets the weight: what people tell it, and whether the release is still its own. */
  readonly lease?: Pick<Lease, "command" | "commandWords" | "aborted" | "whyLost">;
}

/** One look at the metrics. */
export interface Look {
  readonly atMs: number;
  /** The candidate's share of traffic, where this run sets it. */
  readonly weight?: number;
  readonly judgements: readonly MetricJudgement[];
  readonly batches: Readonly<Record<string, readonly MetricBatch[]>>;
  /** Why nothing could be read. */
  readonly problem?: string;
}

/** Where a look stands: the share of traffic and the spans that samples may belong to. */
export interface LookPlace {
  readonly weight?: number;
  readonly strata: readonly Stratum[];
}

/** Watches the metrics of one canary from look to look. */
export interface Watch {
  readonly looks: readonly Look[];
  readonly judgements: () => readonly MetricJudgement[];
  /** Reads what is stored of the time before, and refuses to begin where there is nothing to compare with. */
  begin(): Promise<void>;
  look(place: LookPlace): Promise<Verdict>;
  requestsIn(stratum: string): number;
  dataAgeMs(): number;
  readonly freshMs: number;
}

/** So many failed looks in a row end the canary: nobody should serve what nobody sees. */
const mostFailedLooks = 3;
const historyMs = 5 * 60_000;
const overlapMs = 60_000;
/** The newest scrape may still be on its way into the store. */
const settleMs = 1000;

export function startWatch(inputs: AnalysisInputs, metrics: readonly Metric[], ports: CanaryPorts): Watch {
  const { clock, signal } = ports;
  const looks: Look[] = [];
  let analysis: Analysis = startAnalysis(metrics);
  let readUntilMs = clock.now() - historyMs;
  let failedInRow = 0;

  const judgements = () => judgeAnalysis(metrics, analysis, inputs.confidence);
  const read = async (strata: readonly Stratum[], untilMs: number) => {
    const span = { startMs: Math.min(readUntilMs, untilMs) - overlapMs, endMs: untilMs };
    const readings = await readMetrics(ports.metrics, { metrics, arms: inputs, span, signal });
    const looked = takeLook(metrics, analysis, { readings, window: { strata, untilMs } });
    analysis = looked.analysis;
    readUntilMs = untilMs;
    return looked.batches;
  };
  const note = (look: Look) => {
    looks.push(look);
    ports.say(describeLook(look));
  };
  const dataAgeMs = () => clock.now() - newestOfAll(metrics, analysis);
  const freshMs = Math.max(4 * inputs.intervalMs, 2 * 60_000);

  return {
    looks,
    judgements,
    requestsIn: (stratum) => requestsOf(metrics, analysis, stratum),
    dataAgeMs,
    freshMs,
    begin: async () => {
      await read([], clock.now());
      mustHaveBaseline(metrics, analysis, inputs);
      mustShowLimit(metrics, analysis);
    },
    look: async ({ weight, strata }) => {
      const at = { atMs: clock.now(), ...(weight === undefined ? {} : { weight }) };
      try {
        const batches = await read(strata, at.atMs - settleMs);
        failedInRow = 0;
        note({ ...at, judgements: judgements(), batches });
      } catch (error) {
        // What a failed look missed is still in the counters: the next one reads it.
        if (!(error instanceof OutsideError) || signal.aborted) throw error;
        failedInRow++;
        note({ ...at, judgements: judgements(), batches: {}, problem: messageOf(error) });
        if (failedInRow >= mostFailedLooks) throw error;
      }
      return verdictOf(metrics, judgements());
    },
  };
}

function mustHaveBaseline(metrics: readonly Metric[], analysis: Analysis, inputs: AnalysisInputs): void {
  const [metric] = withoutBaseline(metrics, analysis);
  if (metric === undefined) return;
  const { source } = metric;
  const query = queryFor(source.kind === "errors" ? source.requests : source.buckets, inputs.baseline);
  throw new ConfigError(
    `Input "metrics" must name counters of the baseline: ${query} of "${metric.name}" has no sample in the last 5 min`,
  );
}

function mustShowLimit(metrics: readonly Metric[], analysis: Analysis): void {
  for (const metric of metrics) {
    const progress = analysis[metric.name];
    const seconds = metric.limit?.seconds;
    if (seconds === undefined || progress === undefined) continue;
    const bounds = boundsOf(progress.baseline);
    if (bounds.some((bound) => bound <= seconds)) continue;
    throw new ConfigError(
      `Input "metrics" must set limits that a bucket can show: "${metric.name}" has ${seconds} s, the smallest bucket ends at ${bounds[0] ?? "none"} s`,
    );
  }
}
