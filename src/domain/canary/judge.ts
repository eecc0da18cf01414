import { type ArmCounts, addArmCounts, noArmCounts } from "./counts.ts";
import { dispersionOf, noClustering } from "./dispersion.ts";
import type { MetricJudgement } from "./judgement.ts";
import { logOfLimit } from "./limit-test.ts";
import { logOfMean, pValueOf } from "./log-evidence.ts";
import type { CountedMetric } from "./metric.ts";
import type { MetricBatch } from "./metric-batch.ts";
import { type Observation, sentenceOf } from "./sentence.ts";
import {
  addBatch,
  excessOf,
  isPlausible,
  minimumExcess,
  type StreamState,
  type StreamTests,
  startStream,
  testsOf,
  totalsOf,
} from "./stream.ts";
import { addIntervals, type ClusteringByStream, repeated, tempered } from "./tempered.ts";

export type { MetricJudgement } from "./judgement.ts";
export type { MetricBatch } from "./metric-batch.ts";

/** The name of the one stream of an error metric. A latency metric has a stream for each bound, named by its seconds. */
export const errorStream = "errors";

/** All that is known of a metric. Plain data: written down, it resumes and replays. */
export interface MetricState {
  readonly streams: Readonly<Record<string, StreamState>>;
  /** The strongest evidence against the candidate so far. */
  readonly peakAgainst: number;
  /** How the baseline's bad requests cluster, by stream. */
  readonly clustering: ClusteringByStream;
}

export function startMetric(): MetricState {
  return { streams: {}, peakAgainst: Number.NEGATIVE_INFINITY, clustering: {} };
}

/** The state after intervals from before the rollout, which say how the baseline's bad requests cluster. */
export function noteBaseline(state: MetricState, intervals: readonly MetricBatch[]): MetricState {
  return { ...state, clustering: addIntervals(state.clustering, intervals) };
}

/** What one look added to a stream, over its strata. */
export function totalsOfBatch(batches: readonly MetricBatch[], stream: string): ArmCounts {
  return batches.reduce((sum, { streams }) => addArmCounts(sum, streams[stream] ?? noArmCounts), noArmCounts);
}

/** The metric's state after one look. */
export function addLook(
  metric: CountedMetric,
  state: MetricState,
  batches: readonly MetricBatch[],
): MetricState {
  const tests = testsFor(metric);
  const streams: Record<string, StreamState> = { ...state.streams };
  for (const { stratum, streams: counted } of batches) {
    for (const [name, counts] of Object.entries(counted)) {
      streams[name] = addBatch(tests, streams[name] ?? startStream(tests), { stratum, counts });
    }
  }
  const clustering = addIntervals(state.clustering, batches);
  const against = evidenceAgainst(metric, tests, tempered(streams, clustering)).log;
  return { streams, peakAgainst: Math.max(state.peakAgainst, against), clustering };
}

/** `alpha` is a metric's own part of the chance of a false alarm, `beta` that of a false pass. */
export interface Levels {
  readonly alpha: number;
  readonly beta: number;
}

/** Whether a metric would have failed or passed, had all that was seen been seen so many times. */
export function wouldDecide(
  metric: CountedMetric,
  state: MetricState,
  { alpha, beta, times }: Levels & { readonly times: number },
): boolean {
  const tests = testsFor(metric);
  const streams = repeated(tempered(state.streams, state.clustering), times);
  const { notWorse, under } = evidenceFor(metric, tests, streams);
  if (Math.max(notWorse, under) >= -Math.log(beta)) return true;
  return evidenceAgainst(metric, tests, streams).log >= -Math.log(alpha);
}

/** The metric's judgement now. */
export function judgeMetric(
  metric: CountedMetric,
  state: MetricState,
  { alpha, beta }: Levels,
): MetricJudgement {
  const tests = testsFor(metric);
  const streamsNow = tempered(state.streams, state.clustering);
  const against = evidenceAgainst(metric, tests, streamsNow);
  const { notWorse, under } = evidenceFor(metric, tests, streamsNow);
  const hasFailed = against.log >= -Math.log(alpha);
  const isShown = Math.max(notWorse, under) >= -Math.log(beta);
  const streams = Object.values(state.streams);
  const isUsable = streams.length > 0 && streams.every(isPlausible);
  const stream = hasFailed ? against.stream : shownStream(metric, state.streams);
  const shown = state.streams[stream];
  const counts = shown === undefined ? noArmCounts : totalsOf(shown);
  // A limit needs no baseline, yet a baseline that is gone means that something else is wrong.
  const hasPassed = isShown && counts.baseline.total > 0;
  const kind = !isUsable ? "unusable" : hasFailed ? "failed" : hasPassed ? "passed" : "open";
  const pValue = pValueOf(state.peakAgainst);
  const dispersion = dispersionOf(state.clustering[stream] ?? noClustering);
  const observation: Observation = { kind, stream, counts, pValue, alpha, dispersion };
  return {
    name: metric.name,
    kind,
    logFail: against.log,
    logFailsAt: -Math.log(alpha),
    logPassRatio: notWorse,
    logPassLimit: under,
    pValue,
    counts,
    stream,
    dispersion,
    sentence: sentenceOf(metric, observation),
  };
}

function testsFor(metric: CountedMetric): StreamTests {
  return testsOf({
    kind: metric.source.kind,
    toleratedRatio: metric.toleratedRatio,
    unacceptableRatio: metric.unacceptableRatio,
    limit: metric.limit?.share,
  });
}

interface Against {
  readonly log: number;
  /** The stream that speaks loudest. */
  readonly stream: string;
}

/**
 * The evidence against the candidate: half from the comparison with the baseline, averaged over the streams, half from
 * the limit. A mean of such evidence is evidence of the same kind, whatever the dependence between its parts.
 */
function evidenceAgainst(
  metric: CountedMetric,
  tests: StreamTests,
  streams: Readonly<Record<string, StreamState>>,
): Against {
  const compared = Object.entries(streams).map(([stream, state]) => ({
    stream,
    // Setting evidence to nothing only lowers the mean, so the guard costs no exactness.
    log:
      excessOf(state) >= smallestExcess(metric, stream) ? logOfMean(state.worse) : Number.NEGATIVE_INFINITY,
  }));
  const limited = boundFor(metric, streams, "over");
  const state = limited === undefined ? undefined : streams[limited];
  if (limited === undefined || tests.over === undefined || state === undefined) return loudest(compared, []);
  return loudest(compared, [{ stream: limited, log: logOfLimit(tests.over, state.over) }]);
}

function loudest(compared: readonly Against[], limits: readonly Against[]): Against {
  const parts = [...compared, ...limits].toSorted((a, b) => b.log - a.log);
  const [first] = parts;
  if (first === undefined || first.log === Number.NEGATIVE_INFINITY) {
    return { log: Number.NEGATIVE_INFINITY, stream: first?.stream ?? "" };
  }
  const share = 1 / (compared.length * (limits.length + 1));
  const weights = [...compared.map(() => share), ...limits.map(() => 1 / 2)];
  return {
    log: logOfMean(
      [...compared, ...limits].map((one) => one.log),
      weights,
    ),
    stream: first.stream,
  };
}

/** Below the limit's bound, only a shift as large as the share that the limit speaks of is worth stopping a release. */
function smallestExcess(metric: CountedMetric, stream: string): number {
  if (metric.source.kind === "errors" || metric.limit?.seconds === undefined) return minimumExcess;
  return Number(stream) < metric.limit.seconds ? metric.limit.share : minimumExcess;
}

function evidenceFor(
  metric: CountedMetric,
  tests: StreamTests,
  streams: Readonly<Record<string, StreamState>>,
) {
  const bound = boundFor(metric, streams, "under");
  const state = bound === undefined ? undefined : streams[bound];
  if (state === undefined) return { notWorse: Number.NEGATIVE_INFINITY, under: Number.NEGATIVE_INFINITY };
  return {
    notWorse: logOfMean(state.notWorse),
    under: tests.under === undefined ? Number.NEGATIVE_INFINITY : logOfLimit(tests.under, state.under),
  };
}

/**
 * The stream that answers for the limit. Where no bucket ends exactly there, the next bound below is taken to pass and
 * the next above to fail: both err on the side of the claim that is not made.
 */
function boundFor(
  metric: CountedMetric,
  streams: Readonly<Record<string, StreamState>>,
  side: "over" | "under",
): string | undefined {
  const seconds = metric.limit?.seconds;
  if (metric.source.kind === "errors") return errorStream in streams ? errorStream : undefined;
  if (seconds === undefined) return undefined;
  const bounds = Object.keys(streams).toSorted((a, b) => Number(a) - Number(b));
  if (side === "over") return bounds.find((bound) => Number(bound) >= seconds);
  return bounds.findLast((bound) => Number(bound) <= seconds);
}

function shownStream(metric: CountedMetric, streams: Readonly<Record<string, StreamState>>): string {
  return boundFor(metric, streams, "under") ?? boundFor(metric, streams, "over") ?? errorStream;
}
