import { formatMs } from "../../core/duration.ts";
import type { Json } from "../../core/json.ts";
import { reasonsOf, type Verdict } from "../../core/verdict.ts";
import { tally } from "../../domain/smoke/judge-tests.ts";
import { judgeStage, type StageOutcome } from "../../domain/smoke/readiness.ts";
import type { TestOutcome } from "../../domain/smoke/smoke-test.ts";
import type { ActionResult } from "../../platform/action.ts";
import type { Annotation } from "../../platform/github-runner.ts";
import type { SmokeInputs } from "./inputs.ts";

export interface SmokeSeen {
  readonly verdict: Verdict;
  /** What is missing cannot be waved through by `on-inconclusive`. */
  readonly isGap: boolean;
  readonly stages: readonly StageOutcome[];
  readonly outcomes: readonly TestOutcome[];
  readonly file: string | undefined;
}

/** Everything the action says at its end. */
export function smokeResult(inputs: SmokeInputs, seen: SmokeSeen): ActionResult {
  const { passed, failed, degraded, slowest } = tally(seen.outcomes);
  return {
    verdict: seen.verdict,
    subject: {
      ...(inputs.digest === undefined ? {} : { digest: inputs.digest }),
      ...(inputs.image === undefined ? {} : { image: inputs.image }),
      url: inputs.baseUrl,
    },
    details: {
      stages: seen.stages.map(detailOfStage),
      tests: seen.outcomes.map(detailOfTest),
      allowed: {
        retries: inputs.retries,
        readyTimeoutMs: inputs.readyTimeoutMs,
        requestTimeoutMs: inputs.requestTimeoutMs,
        expectedVersion: inputs.expectedVersion,
        required: inputs.require,
      },
    },
    outputs: {
      passed: String(passed),
      failed: String(failed),
      degraded: String(degraded),
      slowest: slowest === undefined ? "" : JSON.stringify(slowest),
    },
    summary: summaryOf(seen),
    annotations: annotationsOf(seen),
    onInconclusive: seen.isGap ? "fail" : inputs.onInconclusive,
  };
}

export function describeStage(stage: StageOutcome): string {
  const [problem] = reasonsOf(judgeStage(stage));
  const took = formatMs(stage.elapsedMs);
  return problem ?? `${stage.stage}: ${stage.shown} as wanted after ${took} (${stage.asked} asked)`;
}

export function describeOutcome({ test, result, exchange, problems, attempts }: TestOutcome): string {
  const tries = attempts === 1 ? "" : `, try ${attempts}`;
  const why = problems.length === 0 ? "" : `: ${problems.join("; ")}`;
  return `${result}: ${test.name} (${formatMs(exchange.elapsedMs)}${tries})${why}`;
}

function detailOfStage({ stage, shown, end, elapsedMs, asked }: StageOutcome): Json {
  return { stage, request: shown, end: { ...end }, milliseconds: Math.round(elapsedMs), asked };
}

function detailOfTest({ test, result, attempts, exchange, problems }: TestOutcome): Json {
  return {
    name: test.name,
    request: test.request.shown,
    result,
    attempts,
    ...(exchange.kind === "answered" ? { status: exchange.status } : {}),
    milliseconds: Math.round(exchange.elapsedMs),
    allowedMilliseconds: test.expect.responseTimeMs,
    problems,
  };
}

function summaryOf({ stages, outcomes }: SmokeSeen): string {
  if (stages.length + outcomes.length === 0) return "";
  const rows = [
    ...stages.map((one) => [
      one.stage,
      one.shown,
      one.end.kind === "reached" ? "passed" : "failed",
      formatMs(one.elapsedMs),
    ]),
    ...outcomes.map(({ test, result, exchange }) => [
      test.name,
      test.request.shown,
      result,
      formatMs(exchange.elapsedMs),
    ]),
  ].map((cells) => `| ${cells.map(escapeCell).join(" | ")} |`);
  return ["| test | request | result | time |", "|---|---|---|---|", ...rows].join("\n");
}

function escapeCell(text: string): string {
  return text.replace(/[\\|<>`*_[\]]/g, "\\$&").replace(/\s+/g, " ");
}

function annotationsOf({ outcomes, file }: SmokeSeen): readonly Annotation[] {
  return outcomes
    .filter(({ result }) => result !== "passed")
    .map((outcome) => ({
      level: outcome.result === "failed" ? "error" : "warning",
      message: describeOutcome(outcome),
      title: "smoke-test",
      ...(file === undefined ? {} : { file, line: outcome.test.line }),
    }));
}
