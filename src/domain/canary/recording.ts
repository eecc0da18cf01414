import type { Verdict } from "../../core/verdict.ts";
import { type Analysis, type Found, type MetricProgress, startAnalysis } from "./analysis.ts";
import type { MetricJudgement } from "./judgement.ts";
import type { Metric } from "./metric.ts";
import type { PlannedStep } from "./ramp-plan.ts";

/** What a canary was allowed and asked for, apart from its metrics. */
export interface RecordedSettings {
  readonly confidence: number;
  readonly toleratedRatio: number;
  readonly unacceptableRatio: number;
  readonly minimumRequests: number;
  /** Samples older than this are stale. */
  readonly freshMs: number;
}

export type RecordedPlan =
  | { readonly kind: "analyze"; readonly durationMs: number }
  | { readonly kind: "ramp"; readonly steps: readonly PlannedStep[]; readonly promotesEarly: boolean };

/** What was said of one metric at one look: a point of its curve. */
export interface RecordedPoint {
  readonly kind: MetricJudgement["kind"];
  readonly logFail: number;
  readonly logPassRatio: number;
  readonly logPassLimit: number;
  readonly pValue: number;
}

export interface RecordedLook {
  /** Since the start of the action. */
  readonly atMs: number;
  readonly weight?: number;
  /** What the clock said when the look was decided on; absent under a pause, and where it was ended. */
  readonly timing?: { readonly elapsedMs: number; readonly dataAgeMs: number };
  readonly problem?: string;
  readonly found: Found;
  readonly points: Readonly<Record<string, RecordedPoint>>;
}

export interface RecordedEnding {
  readonly verdict: Verdict;
  /** Why the way home failed: the last of the reasons. */
  readonly homeProblem?: string;
  readonly pValue: number;
}

/** Everything that decided a canary, from which it is decided again. */
export interface Recording {
  readonly settings: RecordedSettings;
  readonly plan: RecordedPlan;
  readonly metrics: readonly Metric[];
  /** What was known before the first look: the past, or the sums that an earlier run left. */
  readonly begun: Analysis;
  readonly looks: readonly RecordedLook[];
  readonly ending: RecordedEnding;
}

export function pointOf(judgement: MetricJudgement): RecordedPoint {
  const { kind, logFail, logPassRatio, logPassLimit, pValue } = judgement;
  return { kind, logFail, logPassRatio, logPassLimit, pValue };
}

/** A progress without the counters, which only who goes on counting needs. */
export function withoutCounters(analysis: Analysis): Analysis {
  const never = Number.NEGATIVE_INFINITY;
  const entries = Object.entries(analysis).map(([name, progress]): readonly [string, MetricProgress] => [
    name,
    progress.kind === "counted"
      ? { ...progress, candidate: {}, baseline: {} }
      : { ...progress, newestMs: { candidate: never, baseline: never } },
  ]);
  return Object.fromEntries(entries);
}

/** Whether it goes on from looks of an earlier run, of which only sums are left. */
export function goesOn(recording: Recording, name: string): boolean {
  const progress = recording.begun[name];
  if (progress === undefined) return false;
  if (progress.kind === "counted") return Object.keys(progress.judged.streams).length > 0;
  const { measured, compared, kayenta } = progress.judged;
  return compared.pairs.length > 0 || measured.last !== undefined || kayenta !== undefined;
}

/** What is known of the past, for rules that may be other ones now. */
export function begunFor(recording: Recording, metrics: readonly Metric[]): Analysis {
  return { ...startAnalysis(metrics), ...pick(recording.begun, metrics) };
}

function pick(analysis: Analysis, metrics: readonly Metric[]): Analysis {
  const entries = metrics.flatMap(({ name }) => {
    const progress = analysis[name];
    return progress === undefined ? [] : [[name, progress] as const];
  });
  return Object.fromEntries(entries);
}
