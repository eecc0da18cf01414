import { basename } from "node:path";
import { CancelledError, ConfigError, messageOf, OutsideError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { inconclusive, reasonsOf, type Verdict } from "../core/verdict.ts";
import {
  type Evidence,
  type EvidenceRun,
  type EvidenceSubject,
  evidenceSchema,
} from "../domain/evidence/evidence.ts";
import { drawingOf, runOf, writeEvidence } from "./evidence-files.ts";
import type { Annotation, Runner } from "./github-runner.ts";
import { maskSecret, redact } from "./secrets.ts";
import { shell as realShell, type Shell } from "./shell.ts";

/** What an action's story is told: its runner, a shell whose programs end with the step, and the run it is in. */
export interface ActionContext {
  readonly runner: Runner;
  /** Every program started through it gets SIGINT at once when the step is cancelled. */
  readonly shell: Shell;
  /** Aborted by SIGINT or SIGTERM, as GitHub sends them on cancel. */
  readonly signal: AbortSignal;
  readonly run: EvidenceRun;
  /** Masks a secret in the log with its transforms, and in the evidence. */
  readonly mask: (secret: string) => void;
}

/** What an action has to say at its end. Published before the step's fate is settled. */
export interface ActionResult {
  readonly verdict: Verdict;
  readonly subject: EvidenceSubject;
  readonly details: { readonly [key: string]: Json | undefined };
  /** Outputs beside the common three. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Markdown for the job's summary. */
  readonly summary: string;
  readonly annotations?: readonly Annotation[];
  /** An SVG that shows the details, written beside the evidence: GitHub's summaries hold no drawings. */
  readonly drawing?: string;
  readonly mode?: string;
  /** `warn` lets an inconclusive judgement exit 0. Errors never do. */
  readonly onInconclusive?: "fail" | "warn";
}

/** Runs one action from start to fate. Nothing else in the program ends the step. */
export async function runAction(
  name: string,
  runner: Runner,
  body: (context: ActionContext) => Promise<ActionResult>,
): Promise<void> {
  const startedAt = new Date();
  const cancelled = cancelOnSignals();
  const secrets: string[] = [];
  const context = contextFor(runner, cancelled.signal, secrets);
  let result: ActionResult;
  let isError = false;
  try {
    result = await body(context);
  } catch (thrown) {
    isError = true;
    result = resultOfError(runner, thrown);
  }
  try {
    const evidence = evidenceOf(name, result, { startedAt, run: context.run });
    await publish({ runner, result, evidence, secrets });
  } finally {
    // A second signal of a cancel must not end the step before what it has to say is written.
    cancelled.dispose();
  }
  settle(runner, result, isError);
}

function contextFor(runner: Runner, signal: AbortSignal, secrets: string[]): ActionContext {
  return {
    runner,
    signal,
    run: runOf(runner.env),
    shell: (program, args, options) => realShell(program, args, { signal, ...options }),
    mask: (secret) => {
      if (secret === "") return;
      secrets.push(secret);
      maskSecret(runner, secret);
    },
  };
}

function cancelOnSignals() {
  const controller = new AbortController();
  const cancel = () => controller.abort(new CancelledError("The step was cancelled"));
  process.on("SIGINT", cancel);
  process.on("SIGTERM", cancel);
  return {
    signal: controller.signal,
    dispose: () => {
      process.off("SIGINT", cancel);
      process.off("SIGTERM", cancel);
    },
  };
}

/** Whether the sentence alone tells the user what to do; a bug of ours needs its stack. */
function isExpected(thrown: unknown): boolean {
  return thrown instanceof ConfigError || thrown instanceof OutsideError || thrown instanceof CancelledError;
}

function resultOfError(runner: Runner, thrown: unknown): ActionResult {
  const sentence = messageOf(thrown);
  if (!isExpected(thrown))
    runner.printForeign([thrown instanceof Error ? (thrown.stack ?? sentence) : sentence]);
  return { verdict: inconclusive(sentence), subject: {}, details: {}, outputs: {}, summary: "" };
}

function evidenceOf(name: string, result: ActionResult, at: { startedAt: Date; run: EvidenceRun }): Evidence {
  return {
    schema: evidenceSchema,
    action: name,
    ...(result.mode === undefined ? {} : { mode: result.mode }),
    verdict: result.verdict.kind,
    reasons: reasonsOf(result.verdict),
    subject: result.subject,
    run: at.run,
    startedAt: at.startedAt.toISOString(),
    finishedAt: new Date().toISOString(),
    details: result.details,
  };
}

interface Publication {
  readonly runner: Runner;
  readonly result: ActionResult;
  readonly evidence: Evidence;
  readonly secrets: readonly string[];
}

/** Outputs, summary and annotations: all written before the step's fate, so that a caller can read a failed step. */
async function publish({ runner, result, evidence, secrets }: Publication): Promise<void> {
  const clean: Evidence = JSON.parse(redact(JSON.stringify(evidence), secrets));
  const drawing = result.drawing === undefined ? undefined : redact(result.drawing, secrets);
  const path = await writeEvidence(runner.env, clean, drawing);
  runner.setOutput("report", path);
  runner.setOutput("verdict", clean.verdict);
  runner.setOutput("reasons", JSON.stringify(clean.reasons));
  for (const [output, value] of Object.entries(result.outputs)) runner.setOutput(output, value);
  const reasons = clean.reasons.map((reason) => `- ${oneLine(reason)}\n`).join("");
  await runner.appendSummary(
    `### ${clean.action}: ${clean.verdict}\n\n${reasons}\n${redact(result.summary, secrets)}\n${drawnIn(path, drawing)}`,
  );
  for (const annotation of result.annotations ?? []) runner.annotate(annotation);
}

function drawnIn(path: string, drawing: string | undefined): string {
  return drawing === undefined
    ? ""
    : `\nDrawn in \`${basename(drawingOf(path))}\`, beside the evidence file.\n`;
}

function settle(runner: Runner, result: ActionResult, isError: boolean): void {
  const { verdict } = result;
  const sentences = reasonsOf(verdict).map(oneLine).join("; ");
  if (verdict.kind === "pass") {
    runner.info("verdict: pass");
  } else if (verdict.kind === "inconclusive" && result.onInconclusive === "warn" && !isError) {
    runner.annotate({ level: "warning", message: `inconclusive: ${sentences}` });
  } else {
    runner.setFailed(isError ? sentences : `${verdict.kind}: ${sentences}`);
  }
}

function oneLine(text: string): string {
  return text.replace(/\s*\r?\n\s*/g, " ");
}
