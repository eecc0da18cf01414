import type { Json } from "../../core/json.ts";
import type { ArmCounts } from "../../domain/canary/counts.ts";
import { evidenceChart } from "../../domain/canary/evidence-chart.ts";
import { type MetricJudgement, totalsOfBatch } from "../../domain/canary/judge.ts";
import type { Metric } from "../../domain/canary/metric.ts";
import { encodeRecording } from "../../domain/canary/recording-file.ts";
import type { Step } from "../../domain/canary/saved-ramp.ts";
import { smallestP } from "../../domain/canary/verdict.ts";
import type { ActionResult } from "../../platform/action.ts";
import { annotationsOf } from "./explain.ts";
import type { CanaryInputs } from "./inputs.ts";
import { recordingOf } from "./record.ts";
import type { CanaryOutcome } from "./run.ts";
import { canarySummary } from "./summary.ts";
import type { Look } from "./watch.ts";

/** Everything the action says at its end. */
export function canaryResult(
  inputs: CanaryInputs,
  metrics: readonly Metric[],
  outcome: CanaryOutcome,
): ActionResult {
  const judgements = outcome.watch.judgements();
  const seconds = Math.round((outcome.decidedMs - outcome.startedMs) / 1000);
  const { weight } = outcome;
  const p = smallestP(metrics, judgements);
  return {
    mode: inputs.mode,
    verdict: outcome.verdict,
    subject: {
      ...(inputs.digest === undefined ? {} : { digest: inputs.digest }),
      ...(inputs.image === undefined ? {} : { image: inputs.image }),
      ...(inputs.release === undefined ? {} : { release: inputs.release }),
      ...(inputs.namespace === undefined ? {} : { namespace: inputs.namespace }),
    },
    details: {
      allowed: allowedOf(inputs),
      metrics: metrics.map((metric) => plain(metric)),
      steps: outcome.steps.map(detailOfStep),
      ...(outcome.skipped.length === 0 ? {} : { skippedSteps: outcome.skipped }),
      ...detailOfBeginning(outcome),
      looks: shownLooks(outcome.watch.looks, metrics.length).map(detailOfLook),
      judged: judgements.map(detailOfJudgement),
      weight: weight ?? null,
      pValue: p,
      decidedAfterSeconds: seconds,
      sums: outcome.watch.kept().analysis,
      recording: encodeRecording(recordingOf(inputs, metrics, outcome)),
    },
    outputs: {
      weight: weight === undefined ? "" : String(weight),
      "decided-after-seconds": String(seconds),
      "p-value": String(p),
    },
    summary: canarySummary(metrics, outcome),
    annotations: annotationsOf({ verdict: outcome.verdict.kind, metrics, judgements }),
    ...drawingOf(inputs, outcome),
    onInconclusive: outcome.isBroken ? "fail" : inputs.onInconclusive,
  };
}

/** A canary that was never looked at has nothing to draw. */
function drawingOf({ release, confidence }: CanaryInputs, { verdict, watch, startedMs }: CanaryOutcome) {
  if (watch.looks.length === 0) return {};
  const title = `canary-analyze${release === undefined ? "" : ` of ${release}`}: ${verdict.kind}`;
  const passesAt = -Math.log(1 - confidence);
  return { drawing: evidenceChart({ title, startedMs, looks: watch.looks, passesAt }) };
}

function allowedOf(inputs: CanaryInputs): Json {
  const { confidence, toleratedRatio, unacceptableRatio, minimumRequests, intervalMs, baseline, candidate } =
    inputs;
  const shared = {
    confidence,
    toleratedRatio,
    unacceptableRatio,
    minimumRequests,
    intervalMs,
    baseline,
    candidate,
  };
  if (inputs.mode === "analyze") return { ...shared, durationMs: inputs.durationMs };
  const steps = inputs.steps.map(({ weight, holdMs }) => ({ weight, holdMs }));
  return { ...shared, steps, earlyPromotion: inputs.promotesEarly };
}

function detailOfBeginning({ beginning }: CanaryOutcome): { readonly [key: string]: Json } {
  const { resumed, anew } = beginning ?? {};
  if (anew !== undefined) return { startedAnew: anew };
  if (resumed === undefined) return {};
  const { weight, savedMs, lostMs } = resumed;
  return {
    resumed: { weight, keptAt: new Date(savedMs).toISOString(), unwatchedSeconds: Math.round(lostMs / 1000) },
  };
}

function detailOfStep({ fromMs, untilMs, ...step }: Step): Json {
  return { ...step, from: new Date(fromMs).toISOString(), until: new Date(untilMs).toISOString() };
}

const mostShown = 1200;

/**
 * Looks for people and charts: of a long canary a part, evenly, with the last and every one that has no data. The
 * recording has them all.
 */
function shownLooks(looks: readonly Look[], metrics: number): readonly Look[] {
  const every = Math.ceil((looks.length * metrics) / mostShown);
  return looks.filter(
    ({ problem }, index) => problem !== undefined || index % every === 0 || index === looks.length - 1,
  );
}

function detailOfLook({ atMs, weight, judgements, batches, values, problem }: Look): Json {
  const metrics = judgements.map((judgement) => {
    const batch = batches[judgement.name] ?? [];
    // What this look added to the counts the sentence speaks of, beside their sums so far.
    const added: ArmCounts = totalsOfBatch(batch, judgement.stream);
    return [
      judgement.name,
      {
        candidate: { ...added.candidate },
        baseline: { ...added.baseline },
        ...detailOfJudgement(judgement),
        ...(values[judgement.name] === undefined ? {} : { values: { ...values[judgement.name] } }),
      },
    ] as const;
  });
  return {
    at: new Date(atMs).toISOString(),
    weight: weight ?? null,
    ...(problem === undefined ? {} : { problem }),
    metrics: Object.fromEntries(metrics),
  };
}

function detailOfJudgement(judgement: MetricJudgement) {
  const { name, kind, stream, counts, pValue, sentence } = judgement;
  return {
    name,
    kind,
    stream,
    sum: { candidate: { ...counts.candidate }, baseline: { ...counts.baseline } },
    logFail: finite(judgement.logFail),
    logFailsAt: judgement.logFailsAt,
    logPassRatio: finite(judgement.logPassRatio),
    logPassLimit: finite(judgement.logPassLimit),
    pValue,
    ...(judgement.dispersion === undefined ? {} : { dispersion: judgement.dispersion }),
    sentence,
  };
}

/** A metric's rule as JSON: it holds nothing but plain values. */
function plain(metric: Metric): Json {
  return JSON.parse(JSON.stringify(metric)) as Json;
}

/** JSON knows no infinity: null stands for no evidence at all. */
function finite(log: number): number | null {
  return Number.isFinite(log) ? log : null;
}
