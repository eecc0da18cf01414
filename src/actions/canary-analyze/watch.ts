import { messageOf, OutsideError } from "../../core/errors.ts";
import type { Json } from "../../core/json.ts";
import type { Verdict } from "../../core/verdict.ts";
import {
  type Analysis,
  judgeAnalysis,
  newestOfAll,
  requestsOf,
  startAnalysis,
  takeLook,
} from "../../domain/canary/analysis.ts";
import type { Stratum } from "../../domain/canary/counters.ts";
import { learnsFromPast, noteHistory } from "../../domain/canary/history.ts";
import type { MetricJudgement } from "../../domain/canary/judgement.ts";
import type { Metric } from "../../domain/canary/metric.ts";
import type { MetricBatch } from "../../domain/canary/metric-batch.ts";
import { nextLookMs } from "../../domain/canary/next-look.ts";
import { judgeWithOutlook } from "../../domain/canary/outlook.ts";
import { saveAnalysis } from "../../domain/canary/saved-analysis.ts";
import type { SavedRamp } from "../../domain/canary/saved-ramp.ts";
import type { Growth } from "../../domain/canary/streams.ts";
import type { ValuePair } from "../../domain/canary/valued.ts";
import { verdictOf } from "../../domain/canary/verdict.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Lease } from "../../platform/lease.ts";
import type { MetricsSource } from "../../platform/prometheus.ts";
import { checkFirstQueries, historyMs } from "./first-queries.ts";
import type { AnalysisInputs } from "./inputs.ts";
import { describeLook } from "./look-line.ts";
import { quietLooks } from "./pace.ts";
import { readAgain } from "./read-again.ts";
import { readMetrics } from "./read-metrics.ts";

/** What the story of a canary is told from outside. */
export interface CanaryPorts {
  readonly clock: Clock;
  readonly metrics: MetricsSource;
  readonly say: (line: string) => void;
  /** Told once each: what a person should know about the queries or the store. It goes into the evidence too. */
  readonly remark?: (sentence: string) => void;
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
  /** What the batches were made of. */
  readonly growths: Readonly<Record<string, readonly Growth[]>>;
  readonly values: Readonly<Record<string, ValuePair>>;
  /** Why nothing could be read. */
  readonly problem?: string;
}

/** What the clock said when a look was decided on. A look under a pause is not decided on. */
export interface LookTiming {
  readonly elapsedMs: number;
  readonly dataAgeMs: number;
}

/** Where a look stands: the share of traffic and the spans that samples may belong to. */
export interface LookPlace {
  readonly weight?: number;
  /** When it is due or was; now where it is absent. */
  readonly atMs?: number;
  readonly strata: readonly Stratum[];
}

/** Watches the metrics of one canary from look to look. */
export interface Watch {
  readonly looks: readonly Look[];
  readonly judgements: () => readonly MetricJudgement[];
  /** The analysis before the first look: what it knows of the past. */
  readonly begun: () => Analysis;
  /** Timings of looks that were decided on, by the index of the look. */
  readonly timings: ReadonlyMap<number, LookTiming>;
  /** Writes down what the newest look is decided by, so that the decision replays. */
  decideBy<T extends LookTiming>(timing: T): T;
  /** Reads what is stored of the time before, and refuses to begin where there is nothing to compare with. */
  begin(): Promise<void>;
  /** Goes on where another run left it, with the counters as that run had read them. */
  resume(saved: Pick<SavedRamp, "analysis" | "readUntilMs">): Promise<void>;
  /** What another run needs to go on. */
  kept(): { readonly analysis: Json; readonly readUntilMs: number };
  verdict(): Verdict;
  look(place: LookPlace): Promise<Verdict>;
  /** Looks in a row, up to now, that showed nothing against the candidate at a weight; of another run's, so many before. */
  quietLooks(weight?: number, before?: number): number;
  /** How long to wait for the next look at a weight of which so much time is left. */
  waitMs(leftMs: number, quietLooks: number): number;
  requestsIn(stratum: string): number;
  dataAgeMs(): number;
  readonly freshMs: number;
}

/** So many failed looks in a row end the canary: nobody should serve what nobody sees. */
const mostFailedLooks = 3;
/** So much of the past tells how bad requests cluster. */
const pastMs = 60 * 60_000;
const overlapMs = 60_000;
/** The newest scrape may still be on its way into the store. */
const settleMs = 1000;
const nothingFound = { batches: {}, growths: {}, values: {} };

export function startWatch(inputs: AnalysisInputs, metrics: readonly Metric[], ports: CanaryPorts): Watch {
  const { clock, signal } = ports;
  const looks: Look[] = [];
  const timings = new Map<number, LookTiming>();
  let analysis: Analysis = startAnalysis(metrics);
  let begun = analysis;
  let readUntilMs = clock.now() - historyMs;
  let failedInRow = 0;
  const { confidence } = inputs;
  let judged = judgeAnalysis(metrics, analysis, confidence);
  const judge = (now: Pick<Look, "atMs" | "weight">) =>
    (judged = judgeWithOutlook({ metrics, analysis, confidence, now, before: looks }));
  const read = async (strata: readonly Stratum[], untilMs: number) => {
    const span = { startMs: Math.min(readUntilMs, untilMs) - overlapMs, endMs: untilMs };
    const readings = await readMetrics(ports.metrics, { metrics, arms: inputs, span, signal });
    const looked = takeLook(metrics, analysis, {
      readings,
      window: { strata, untilMs, confidence: inputs.confidence },
    });
    analysis = looked.analysis;
    readUntilMs = untilMs;
    return looked;
  };
  const note = (look: Look) => {
    looks.push(look);
    ports.say(describeLook(look));
  };

  return {
    looks,
    judgements: () => judged,
    verdict: () => verdictOf(metrics, judged),
    begun: () => begun,
    timings,
    decideBy: (timing) => {
      timings.set(looks.length - 1, { elapsedMs: timing.elapsedMs, dataAgeMs: timing.dataAgeMs });
      return timing;
    },
    quietLooks: (weight, before = 0) => quietLooks({ metrics, looks, weight, before }),
    waitMs: (leftMs, quiet) => nextLookMs(inputs, { quietLooks: quiet, leftMs }),
    requestsIn: (stratum) => requestsOf(metrics, analysis, stratum),
    dataAgeMs: () => clock.now() - newestOfAll(metrics, analysis),
    freshMs: Math.max(4 * inputs.intervalMs, 2 * 60_000),
    begin: async () => {
      await read([], clock.now());
      await checkFirstQueries({ inputs, metrics, ports }, analysis);
      analysis = await withPast({ inputs, metrics, ports }, analysis);
      begun = analysis;
      judged = judgeAnalysis(metrics, analysis, confidence);
    },
    resume: async ({ analysis: saved, readUntilMs: untilMs }) => {
      analysis = await readAgain(ports.metrics, { metrics, arms: inputs, saved, untilMs, signal });
      readUntilMs = untilMs;
      begun = analysis;
      judged = judgeAnalysis(metrics, analysis, confidence);
    },
    kept: () => ({ analysis: saveAnalysis(analysis), readUntilMs }),
    look: async ({ weight, strata, atMs = clock.now() }) => {
      const at = { atMs, ...(weight === undefined ? {} : { weight }) };
      try {
        const { batches, growths, values } = await read(strata, at.atMs - settleMs);
        failedInRow = 0;
        note({ ...at, judgements: judge(at), batches, growths, values });
      } catch (error) {
        // What a failed look missed is still in the counters: the next one reads it.
        if (!(error instanceof OutsideError) || signal.aborted) throw error;
        failedInRow++;
        note({ ...at, ...nothingFound, judgements: judge(at), problem: messageOf(error) });
        if (failedInRow >= mostFailedLooks) throw error;
      }
      return verdictOf(metrics, judged);
    },
  };
}

/** What a watch is over. */
export interface WatchPlan {
  readonly inputs: AnalysisInputs;
  readonly metrics: readonly Metric[];
  readonly ports: CanaryPorts;
}

/** The analysis once it knows what the store tells of the baseline's past. */
async function withPast({ inputs, metrics, ports }: WatchPlan, analysis: Analysis): Promise<Analysis> {
  const asked = metrics.filter(learnsFromPast);
  const untilMs = ports.clock.now();
  const span = { fromMs: untilMs - pastMs, untilMs, lookMs: inputs.intervalMs };
  const readings = await readMetrics(ports.metrics, {
    metrics: asked,
    arms: inputs,
    span: { startMs: span.fromMs, endMs: untilMs },
    signal: ports.signal,
    baselineOnly: true,
  });
  return noteHistory(asked, analysis, { readings, span });
}
