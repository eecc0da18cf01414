import { type Analysis, judgeAnalysis } from "./analysis.ts";
import { intervalsPerSign } from "./gauge.ts";
import type { MetricState } from "./judge.ts";
import { type Levels, wouldDecide } from "./judge.ts";
import type { MetricJudgement } from "./judgement.ts";
import { logOfMean } from "./log-evidence.ts";
import { type CountedMetric, isCounted, type Metric, type ValuedMetric } from "./metric.ts";
import { fewestKnown } from "./thinning.ts";
import type { ValuedState } from "./valued.ts";
import { alphaOf } from "./verdict.ts";

/** What an open metric still needs, should everything go on as it did. Infinity: no such traffic decides it. */
export interface Need {
  readonly amount: number;
  readonly of: "requests" | "intervals";
}

/** One look as the outlook needs it: when it was, at which weight, and what was counted by then. */
export interface PastLook {
  readonly atMs: number;
  readonly weight?: number | undefined;
  readonly judgements: readonly MetricJudgement[];
}

// Beyond so many times what was seen a forecast is idle.
const furthest = 10_000;

/**
 * How many times what was seen so far must be seen in all. Log evidence adds up, so at unchanged rates it grows in
 * proportion, and once over its bound it stays there.
 */
function timesUntil(isDecided: (times: number) => boolean): number {
  if (!isDecided(furthest)) return Number.POSITIVE_INFINITY;
  let [low, high] = [0, Math.log(furthest)];
  for (let step = 0; step < 10; step++) {
    const middle = (low + high) / 2;
    if (isDecided(Math.exp(middle))) high = middle;
    else low = middle;
  }
  return Math.exp(high);
}

/** What a metric of counted requests needs; undefined where it has seen no request that a forecast could go by. */
export function needOfCounts(
  metric: CountedMetric,
  state: MetricState,
  { levels, requests }: { readonly levels: Levels; readonly requests: number },
): Need | undefined {
  if (!(requests > 0)) return undefined;
  const times = timesUntil((factor) => wouldDecide(metric, state, { ...levels, times: factor }));
  return { amount: (times - 1) * requests, of: "requests" };
}

/** What a comparison of values needs; undefined where there is none. */
export function needOfValues(
  { compare }: ValuedMetric,
  { compared }: ValuedState,
  { alpha, beta }: Levels,
): Need | undefined {
  if (compare === undefined) return undefined;
  const { pairs, signed, history, worse, notWorse } = compared;
  if (compare.test.kind === "mann-whitney") {
    const planned = compare.test.looks * compare.test.pairsPerLook;
    return { amount: planned - pairs.length, of: "intervals" };
  }
  if (signed === 0) {
    return { amount: Math.max(1, fewestKnown - history.length - pairs.length), of: "intervals" };
  }
  const grown = (sums: readonly number[], times: number) => logOfMean(sums.map((sum) => sum * times));
  const times = timesUntil(
    (factor) => grown(worse, factor) >= -Math.log(alpha) || grown(notWorse, factor) >= -Math.log(beta),
  );
  return { amount: (times - 1) * signed * (intervalsPerSign(compared) ?? 1), of: "intervals" };
}

export interface OutlookFrom {
  readonly metrics: readonly Metric[];
  readonly analysis: Analysis;
  readonly confidence: number;
  readonly now: Omit<PastLook, "judgements">;
  readonly before: readonly PastLook[];
}

/** The judgements now, of which each open one says what is missing and how long that takes at this traffic. */
export function judgeWithOutlook(from: OutlookFrom): readonly MetricJudgement[] {
  return judgeAnalysis(from.metrics, from.analysis, from.confidence).map((judgement) => {
    if (judgement.kind !== "open") return judgement;
    const need = needOf(judgement, from);
    if (need === undefined) return judgement;
    const pace = need.of === "requests" ? requestPace(judgement, from) : lookPace(from);
    return { ...judgement, sentence: `${judgement.sentence}; ${needSentence(need, pace)}` };
  });
}

function needOf({ name, counts }: MetricJudgement, from: OutlookFrom): Need | undefined {
  const metric = from.metrics.find((one) => one.name === name);
  const progress = from.analysis[name];
  if (metric === undefined || progress === undefined) return undefined;
  const error = 1 - from.confidence;
  const levels = { alpha: alphaOf(metric, from.metrics, error), beta: error };
  if (isCounted(metric) && progress.kind === "counted" && counts.baseline.total > 0)
    return needOfCounts(metric, progress.judged, { levels, requests: counts.candidate.total });
  return !isCounted(metric) && progress.kind === "valued"
    ? needOfValues(metric, progress.judged, levels)
    : undefined;
}

// The last minutes tell the traffic; a look alone would be a matter of chance.
const looksForPace = 20;

/** Requests of the candidate in a second, over the last looks at the weight of now. */
function requestPace({ name, counts }: MetricJudgement, { now, before }: OutlookFrom): number | undefined {
  const same = before.slice(-looksForPace).filter(({ weight }) => weight === now.weight);
  const [first] = same;
  if (first === undefined || !(now.atMs > first.atMs)) return undefined;
  const then = first.judgements.find((one) => one.name === name)?.counts.candidate.total ?? 0;
  return (1000 * (counts.candidate.total - then)) / (now.atMs - first.atMs);
}

/** Looks in a second. */
function lookPace({ now, before }: OutlookFrom): number | undefined {
  const looks = before.slice(-looksForPace);
  const [first] = looks;
  if (first === undefined || !(now.atMs > first.atMs)) return undefined;
  return (1000 * looks.length) / (now.atMs - first.atMs);
}

/** In words: `needs about 40 minutes more at 1.2 requests/s`. The pace is what comes in a second, where it is known. */
export function needSentence({ amount, of }: Need, pace: number | undefined): string {
  if (amount === Number.POSITIVE_INFINITY) {
    return "more of the same does not decide it, as it lies between what is tolerated and what is unacceptable";
  }
  const wanted = `${rounded(Math.max(1, amount))} ${of}`;
  if (pace === undefined) return `needs about ${wanted} more`;
  if (!(pace > 0)) return `needs about ${wanted} more, and gets none`;
  const time = lasting(amount / pace);
  return of === "requests"
    ? `needs ${time} more at ${Number(pace.toPrecision(2))} requests/s`
    : `needs ${time} more, ${wanted}`;
}

function rounded(amount: number): string {
  return String(Number(amount.toPrecision(2)));
}

function lasting(seconds: number): string {
  if (!(seconds <= 30 * 86_400)) return "more than a month";
  if (seconds < 90) return counted(seconds, "second");
  if (seconds < 90 * 60) return counted(seconds / 60, "minute");
  return seconds < 48 * 3600 ? counted(seconds / 3600, "hour") : counted(seconds / 86_400, "day");
}

function counted(amount: number, unit: string): string {
  const whole = Math.max(1, Math.round(Number(amount.toPrecision(2))));
  return whole === 1 ? `about 1 ${unit}` : `about ${whole} ${unit}s`;
}
