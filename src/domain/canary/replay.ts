import { formatMs } from "../../core/duration.ts";
import { inconclusive, pass, type Verdict, withReason } from "../../core/verdict.ts";
import { type Analysis, addFound, judgeAnalysis, requestsOf } from "./analysis.ts";
import type { MetricJudgement } from "./judgement.ts";
import type { Metric } from "./metric.ts";
import { judgeWithOutlook, type PastLook } from "./outlook.ts";
import { decideEnd, decideStep, gaveUp } from "./ramp.ts";
import { begunFor, pointOf, type RecordedLook, type RecordedSettings, type Recording } from "./recording.ts";
import { smallestP, verdictOf } from "./verdict.ts";

/** By what a recording is judged. */
export interface ReplayRules {
  readonly settings: RecordedSettings;
  readonly metrics: readonly Metric[];
}

/** How a recording ends when it is judged again. */
export interface Replayed {
  readonly verdict: Verdict;
  /** The look that decided; undefined where the recording ended before any did. */
  readonly decidedAt?: number;
  /** Of every look up to the end. */
  readonly curve: readonly (readonly MetricJudgement[])[];
  readonly judgements: readonly MetricJudgement[];
  readonly pValue: number;
  /** From where on the recorded weights are not those that these rules would have set. */
  readonly diverged?: string;
}

/** The recording judged by its own rules: what was said then, to the last bit, unless somebody has changed it. */
export function replay(recording: Recording): Replayed & { readonly isIdentical: boolean } {
  const walked = walk(recording, recording);
  const verdict = walked.decided === undefined ? recording.ending.verdict : endOf(recording, walked.decided);
  const replayed = replayedOf(walked, recording.metrics, verdict);
  return { ...replayed, isIdentical: isAsRecorded(recording, replayed) };
}

/** The recording judged by other rules: what would have happened. */
export function replayWith(recording: Recording, rules: ReplayRules): Replayed {
  const walked = walk(recording, rules);
  return replayedOf(walked, rules.metrics, walked.decided ?? undecided(recording));
}

function endOf({ ending }: Recording, verdict: Verdict): Verdict {
  return ending.homeProblem === undefined ? verdict : withReason(verdict, ending.homeProblem);
}

/** What ended it from outside would have ended it by any rules; what its own rules ended, these would not have. */
function undecided(recording: Recording): Verdict {
  if (walk(recording, recording).decided === undefined) return recording.ending.verdict;
  const until = formatMs(recording.looks.at(-1)?.atMs ?? 0);
  return inconclusive(`the recording ends after ${until}, where these rules would have gone on`);
}

interface Walked {
  readonly decided?: Verdict;
  readonly looks: number;
  readonly curve: readonly (readonly MetricJudgement[])[];
  readonly analysis: Analysis;
  readonly judgements: readonly MetricJudgement[];
  readonly diverged?: string;
}

function walk(recording: Recording, { settings, metrics }: ReplayRules): Walked {
  const { confidence } = settings;
  let analysis = begunFor(recording, metrics);
  let judgements = judgeAnalysis(metrics, analysis, confidence);
  let diverged: string | undefined;
  const curve: (readonly MetricJudgement[])[] = [];
  const before: PastLook[] = [];
  const end = (decided?: Verdict): Walked => ({
    ...(decided === undefined ? {} : { decided }),
    ...(diverged === undefined ? {} : { diverged }),
    looks: curve.length,
    curve,
    analysis,
    judgements,
  });
  for (const [index, look] of recording.looks.entries()) {
    analysis = addFound(metrics, analysis, { found: look.found, confidence }).analysis;
    judgements = judgeWithOutlook({ metrics, analysis, confidence, now: look, before });
    curve.push(judgements);
    before.push({ atMs: look.atMs, weight: look.weight, judgements });
    const verdict = verdictOf(metrics, judgements);
    if (verdict.kind === "fail") return end(verdict);
    if (look.timing === undefined) continue;
    const requests = requestsOf(metrics, analysis, stratumOf(recording, look));
    const said = decideLook(recording, { settings, look, requests, verdict });
    if (said.kind === "ends") return end(said.verdict);
    const next = recording.looks[index + 1];
    if (
      diverged === undefined &&
      next !== undefined &&
      (next.weight !== look.weight) !== (said.kind === "advances")
    )
      diverged = divergence(look, index, said.kind);
  }
  return end();
}

function stratumOf({ plan }: Recording, { weight }: RecordedLook): string {
  return plan.kind === "analyze" ? "all" : String(weight);
}

type Said =
  | { readonly kind: "stays" }
  | { readonly kind: "advances" }
  | { readonly kind: "ends"; readonly verdict: Verdict };

interface DecidedLook {
  readonly settings: RecordedSettings;
  readonly look: RecordedLook;
  readonly requests: number;
  readonly verdict: Verdict;
}

function decideLook({ plan }: Recording, { settings, look, requests, verdict }: DecidedLook): Said {
  const { elapsedMs = 0, dataAgeMs = 0 } = look.timing ?? {};
  const progress = { requests, dataAgeMs, ...settings };
  if (plan.kind === "analyze")
    return elapsedMs < plan.durationMs
      ? { kind: "stays" }
      : { kind: "ends", verdict: decideEnd(verdict, progress) };
  const weight = look.weight ?? 0;
  const intervalMs = plan.steps.find((step) => step.weight === weight)?.holdMs ?? Number.NaN;
  const isLast = weight === plan.steps.at(-1)?.weight;
  const decision = decideStep({
    ...progress,
    elapsedMs,
    intervalMs,
    mustPass: isLast,
    hasPassed: verdict.kind === "pass",
    promotesEarly: plan.promotesEarly,
  });
  switch (decision.kind) {
    case "promote":
      return { kind: "ends", verdict: pass };
    case "advance":
      return isLast ? { kind: "ends", verdict: pass } : { kind: "advances" };
    case "give-up":
      return { kind: "ends", verdict: gaveUp({ weight, intervalMs, isLast }, decision.missing, verdict) };
    case "stay":
    case "extend":
      return { kind: "stays" };
  }
}

function divergence({ atMs, weight }: RecordedLook, index: number, kind: "stays" | "advances"): string {
  const would = kind === "stays" ? `would have stayed at ${weight} %` : `would have left ${weight} %`;
  return `at look ${index + 1}, after ${formatMs(atMs)}, these rules ${would} where the recorded ones did not`;
}

function replayedOf(walked: Walked, metrics: readonly Metric[], verdict: Verdict): Replayed {
  const { decided, looks, curve, judgements, diverged } = walked;
  return {
    verdict,
    ...(decided === undefined ? {} : { decidedAt: looks - 1 }),
    curve,
    judgements,
    pValue: smallestP(metrics, judgements),
    ...(diverged === undefined ? {} : { diverged }),
  };
}

/** Every number of the curve, the end and its reasons. Compared as bits: NaN is NaN, and rounding is a difference. */
function isAsRecorded({ looks, ending }: Recording, replayed: Replayed): boolean {
  if (JSON.stringify(ending.verdict) !== JSON.stringify(replayed.verdict)) return false;
  if (!Object.is(ending.pValue, replayed.pValue) || looks.length !== replayed.curve.length) return false;
  return looks.every(({ points }, index) => {
    const judged = new Map(replayed.curve[index]?.map((one) => [one.name, pointOf(one)]));
    return Object.entries(points).every(([name, point]) => {
      const now = judged.get(name);
      return (
        now !== undefined &&
        now.kind === point.kind &&
        Object.is(now.logFail, point.logFail) &&
        Object.is(now.logPassRatio, point.logPassRatio) &&
        Object.is(now.logPassLimit, point.logPassLimit) &&
        Object.is(now.pValue, point.pValue)
      );
    });
  });
}
