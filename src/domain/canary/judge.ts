import { unreachable } from "../../core/unreachable.ts";
import { combine, fail, inconclusive, pass, type Verdict } from "../../core/verdict.ts";
import { type ArmCounts, addArmCounts, noArmCounts } from "./counts.ts";
import { logOfLimit } from "./limit-test.ts";
import { logOfMean, pValueOf } from "./log-evidence.ts";
import type { Metric } from "./metric.ts";
import { allowanceOf, type Observation, sentenceOf } from "./sentence.ts";
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

/** The name of the one stream of an error metric. A latency metric has a stream for each bound, named by its seconds. */
export const errorStream = "errors";

/** All that is known of a metric. Plain data: written down, it resumes and replays. */
export interface MetricState {
  readonly streams: Readonly<Record<string, StreamState>>;
  /** The strongest evidence against the candidate so far. */
  readonly peakAgainst: number;
}

export interface MetricJudgement {
  readonly name: string;
  readonly kind: "passed" | "failed" | "open" | "unusable";
  /** Log evidence that the candidate is worse than tolerated or over its limit. */
  readonly logFail: number;
  /** From where on that evidence fails the metric: log of 1/alpha. */
  readonly logFailsAt: number;
  /** Log evidence that it is not unacceptably worse than the baseline. */
  readonly logPassRatio: number;
  /** Log evidence that it is under its limit. */
  readonly logPassLimit: number;
  /** The largest chance, over all looks, of evidence this strong from a candidate that is as good as tolerated. */
  readonly pValue: number;
  /** The counts the sentence speaks of: the limit's bound, or the one that failed. */
  readonly counts: ArmCounts;
  readonly stream: string;
  readonly sentence: string;
}

export function startMetric(): MetricState {
  return { streams: {}, peakAgainst: Number.NEGATIVE_INFINITY };
}

/** One look's new counts of one stratum, by stream. */
export interface MetricBatch {
  readonly stratum: string;
  readonly streams: Readonly<Record<string, ArmCounts>>;
}

/** What one look added to a stream, over its strata. */
export function totalsOfBatch(batches: readonly MetricBatch[], stream: string): ArmCounts {
  return batches.reduce((sum, { streams }) => addArmCounts(sum, streams[stream] ?? noArmCounts), noArmCounts);
}

/** The metric's state after one look. */
export function addLook(metric: Metric, state: MetricState, batches: readonly MetricBatch[]): MetricState {
  const tests = testsFor(metric);
  const streams: Record<string, StreamState> = { ...state.streams };
  for (const { stratum, streams: counted } of batches) {
    for (const [name, counts] of Object.entries(counted)) {
      streams[name] = addBatch(tests, streams[name] ?? startStream(tests), { stratum, counts });
    }
  }
  const against = evidenceAgainst(metric, tests, streams).log;
  return { streams, peakAgainst: Math.max(state.peakAgainst, against) };
}

/** The metric's judgement now. `alpha` is its own part of the chance of a false alarm, `beta` that of a false pass. */
export function judgeMetric(
  metric: Metric,
  state: MetricState,
  { alpha, beta }: { readonly alpha: number; readonly beta: number },
): MetricJudgement {
  const tests = testsFor(metric);
  const against = evidenceAgainst(metric, tests, state.streams);
  const { notWorse, under } = evidenceFor(metric, tests, state.streams);
  const hasFailed = against.log >= -Math.log(alpha);
  const hasPassed = Math.max(notWorse, under) >= -Math.log(beta);
  const streams = Object.values(state.streams);
  const isUsable = streams.length > 0 && streams.every(isPlausible);
  const kind = !isUsable ? "unusable" : hasFailed ? "failed" : hasPassed ? "passed" : "open";
  const stream = hasFailed ? against.stream : shownStream(metric, state.streams);
  const shown = state.streams[stream];
  const counts = shown === undefined ? noArmCounts : totalsOf(shown);
  const pValue = pValueOf(state.peakAgainst);
  const observation: Observation = { kind, stream, counts, pValue, alpha };
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
    sentence: sentenceOf(metric, observation),
  };
}

/** The verdict that the critical metrics give together: any failure fails, and all must pass. */
export function verdictOf(metrics: readonly Metric[], judgements: readonly MetricJudgement[]): Verdict {
  const critical = new Map(metrics.filter((one) => one.critical).map((one) => [one.name, one]));
  const verdicts = judgements.flatMap((judgement) => {
    const metric = critical.get(judgement.name);
    return metric === undefined ? [] : [verdictOfMetric(metric, judgement)];
  });
  return combine(verdicts, "no critical metric was judged");
}

function verdictOfMetric(metric: Metric, judgement: MetricJudgement): Verdict {
  switch (judgement.kind) {
    case "passed":
      return pass;
    case "failed":
      return fail(`${judgement.sentence}; allowed is ${allowanceOf(metric)}`);
    case "open":
    case "unusable":
      return inconclusive(judgement.sentence);
    default:
      return unreachable(judgement.kind);
  }
}

/** Each critical metric's part of the chance of a false alarm, by weight. A metric that decides nothing spends none of it. */
export function alphaOf(metric: Metric, metrics: readonly Metric[], alpha: number): number {
  const whole = metrics.filter((one) => one.critical).reduce((sum, one) => sum + one.weight, 0);
  return metric.critical ? (alpha * metric.weight) / whole : alpha;
}

function testsFor(metric: Metric): StreamTests {
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
  metric: Metric,
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
function smallestExcess(metric: Metric, stream: string): number {
  if (metric.source.kind === "errors" || metric.limit?.seconds === undefined) return minimumExcess;
  return Number(stream) < metric.limit.seconds ? metric.limit.share : minimumExcess;
}

function evidenceFor(metric: Metric, tests: StreamTests, streams: Readonly<Record<string, StreamState>>) {
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
  metric: Metric,
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

function shownStream(metric: Metric, streams: Readonly<Record<string, StreamState>>): string {
  return boundFor(metric, streams, "under") ?? boundFor(metric, streams, "over") ?? errorStream;
}
