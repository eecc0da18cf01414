import { combine, type Verdict } from "../../core/verdict.ts";
import { judgeEvidence } from "../../domain/evidence/require.ts";
import { judgeTests } from "../../domain/smoke/judge-tests.ts";
import { writeJunit } from "../../domain/smoke/junit.ts";
import { parseTests } from "../../domain/smoke/parse-tests.ts";
import { judgeStage, type StageOutcome } from "../../domain/smoke/readiness.ts";
import type { SmokeTest, TestOutcome } from "../../domain/smoke/smoke-test.ts";
import { isCredentialHeader, secretVariables, withVariables } from "../../domain/smoke/variables.ts";
import type { ActionContext, ActionResult } from "../../platform/action.ts";
import type { Clock } from "../../platform/clock.ts";
import { checkWritable, readDocument, writeText } from "../../platform/document-input.ts";
import { readEvidence } from "../../platform/evidence-files.ts";
import type { Probe } from "../../platform/probe.ts";
import { redact } from "../../platform/secrets.ts";
import { runTests } from "./execute.ts";
import type { SmokeInputs } from "./inputs.ts";
import { describeOutcome, describeStage, type SmokeSeen, smokeResult } from "./report.ts";
import { judgeReady, judgeVersion, type StageRequest, waitFor } from "./stages.ts";

export interface SmokePorts {
  readonly probe: Probe;
  readonly clock: Clock;
}

/** Answers that must name the version one after the other: one answer speaks for one pod only. */
const versionAnswers = 5;

/** The story: may this digest be trusted, is the service ready, is it the version, do its answers hold. */
export async function smokeTest(
  inputs: SmokeInputs,
  context: ActionContext,
  ports: SmokePorts,
): Promise<ActionResult> {
  const source = await readDocument("tests", inputs.tests);
  const written = parseTests(source);
  const secrets = secretsOf(inputs, written);
  for (const secret of secrets) context.mask(secret);
  const tests = written.map((test) => withVariables(test, inputs.variables));
  if (inputs.junitFile !== undefined) await checkWritable("junit-file", inputs.junitFile);

  const evidence = await judgeGates(inputs);
  const stages = evidence.kind === "pass" ? await runStages(inputs, context, ports) : [];
  const before = combine([evidence, ...stages.map(judgeStage)]);
  const outcomes = before.kind === "pass" ? await runAll(tests, inputs, { context, ports }) : [];
  const verdict = before.kind === "pass" ? judgeTests(outcomes) : before;

  if (inputs.junitFile !== undefined) {
    await writeText(inputs.junitFile, redact(writeJunit(stages, outcomes), secrets));
  }
  const seen: SmokeSeen = { verdict, isGap: isGap(before, outcomes), stages, outcomes, file: source.file };
  return smokeResult(inputs, seen);
}

/** Nothing of the service was seen: `on-inconclusive: warn` does not cover that. */
function isGap(before: Verdict, outcomes: readonly TestOutcome[]): boolean {
  return before.kind !== "pass" || outcomes.length > 0;
}

function secretsOf(inputs: SmokeInputs, tests: readonly SmokeTest[]): readonly string[] {
  const headers = [inputs.headers, ...tests.map(({ request }) => request.headers)]
    .flatMap((one) => Object.entries(one))
    .filter(([name]) => isCredentialHeader(name))
    // A scheme such as Bearer stands before the secret, which is also seen without it.
    .flatMap(([, value]) => [value, value.replace(/^\w+\s+/, "")])
    .filter((value) => !value.includes("{{"));
  return [...new Set([...headers, ...secretVariables(inputs.variables, tests)])];
}

async function judgeGates({ evidence, require, digest }: SmokeInputs): Promise<Verdict> {
  if (digest === undefined) return { kind: "pass" };
  return judgeEvidence(await readEvidence(evidence), { digest, require });
}

async function runStages(
  inputs: SmokeInputs,
  { runner, signal }: ActionContext,
  { probe, clock }: SmokePorts,
): Promise<readonly StageOutcome[]> {
  const outcomes: StageOutcome[] = [];
  for (const stage of stagesOf(inputs)) {
    const outcome = await waitFor(stage, probe, { clock, signal });
    runner.info(describeStage(outcome));
    outcomes.push(outcome);
    if (outcome.end.kind !== "reached") break;
  }
  return outcomes;
}

function stagesOf(inputs: SmokeInputs): readonly StageRequest[] {
  const { baseUrl, headers, requestTimeoutMs, readyPath, expectedVersion } = inputs;
  const shared = { baseUrl, headers, timeoutMs: inputs.readyTimeoutMs, requestTimeoutMs };
  const ready: readonly StageRequest[] =
    readyPath === undefined
      ? []
      : [{ ...shared, stage: "ready", path: readyPath, inARow: 1, judge: judgeReady }];
  if (expectedVersion === undefined) return ready;
  const judge = judgeVersion(expectedVersion);
  return [...ready, { ...shared, stage: "version", path: inputs.versionPath, inARow: versionAnswers, judge }];
}

async function runAll(
  tests: readonly SmokeTest[],
  inputs: SmokeInputs,
  { context, ports }: { readonly context: ActionContext; readonly ports: SmokePorts },
): Promise<readonly TestOutcome[]> {
  const { baseUrl, headers, retries, requestTimeoutMs, concurrency } = inputs;
  const execution = { baseUrl, headers, retries, requestTimeoutMs, concurrency, ...ports };
  const outcomes = await runTests(tests, { ...execution, signal: context.signal });
  for (const outcome of outcomes) context.runner.info(describeOutcome(outcome));
  return outcomes;
}
