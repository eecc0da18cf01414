import type { Json } from "../../core/json.ts";
import type { ArmCounts } from "../../domain/canary/counts.ts";
import { type MetricJudgement, totalsOfBatch } from "../../domain/canary/judge.ts";
import type { Metric } from "../../domain/canary/metric.ts";
import type { ActionResult } from "../../platform/action.ts";
import type { CanaryInputs } from "./inputs.ts";
import type { CanaryOutcome } from "./run.ts";
import type { Step } from "./steps.ts";
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
      metrics: metrics.map((metric) => ({
        ...metric,
        source: { ...metric.source },
        limit: { ...metric.limit },
      })),
      steps: outcome.steps.map(detailOfStep),
      looks: outcome.watch.looks.map((look) => detailOfLook(look)),
      judged: judgements.map(detailOfJudgement),
      weight: weight ?? null,
      pValue: p,
      decidedAfterSeconds: seconds,
    },
    outputs: {
      weight: weight === undefined ? "" : String(weight),
      "decided-after-seconds": String(seconds),
      "p-value": String(p),
    },
    summary: canarySummary(metrics, outcome),
    onInconclusive: outcome.isBroken ? "fail" : inputs.onInconclusive,
  };
}

/** The p-value of the whole analysis: the smallest of the critical metrics, each made larger by its part of alpha. */
export function smallestP(metrics: readonly Metric[], judgements: readonly MetricJudgement[]): number {
  const critical = metrics.filter((one) => one.critical);
  const whole = critical.reduce((sum, one) => sum + one.weight, 0);
  const values = critical.flatMap((metric) => {
    const judged = judgements.find((one) => one.name === metric.name);
    return judged === undefined ? [] : [(judged.pValue * whole) / metric.weight];
  });
  return Math.min(1, ...values);
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
  const { startWeight, stepWeight, stepIntervalMs } = inputs;
  return { ...shared, startWeight, stepWeight, stepIntervalMs };
}

function detailOfStep({ fromMs, untilMs, ...step }: Step): Json {
  return { ...step, from: new Date(fromMs).toISOString(), until: new Date(untilMs).toISOString() };
}

function detailOfLook({ atMs, weight, judgements, batches, problem }: Look): Json {
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
        batches: batch.map((one) => ({ stratum: one.stratum, streams: streamsOf(one.streams) })),
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

/** Bad and all requests of the candidate, then of the baseline. */
function streamsOf(streams: Readonly<Record<string, ArmCounts>>): Json {
  const entries = Object.entries(streams).map(([name, { candidate, baseline }]) => [
    name,
    [candidate.bad, candidate.total, baseline.bad, baseline.total],
  ]);
  return Object.fromEntries(entries);
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
    sentence,
  };
}

/** JSON knows no infinity: null stands for no evidence at all. */
function finite(log: number): number | null {
  return Number.isFinite(log) ? log : null;
}
