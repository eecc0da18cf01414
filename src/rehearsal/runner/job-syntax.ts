import { child, type Entry, entriesOf, literalList, literalText, type Node } from "./node.ts";
import { optional } from "./optional.ts";
import { type Refusals, refuseUnknown } from "./refusals.ts";
import type { CallJob, JobSyntax, StepSyntax, StepsJob } from "./workflow-syntax.ts";

const commonKeys = ["name", "needs", "if", "permissions", "concurrency", "strategy"];
const callKeys = [...commonKeys, "uses", "with", "secrets"];
const stepsKeys = [
  ...commonKeys,
  ...["runs-on", "environment", "outputs", "env", "defaults", "timeout-minutes", "steps"],
];
const stepKeys = [
  ...["id", "name", "if", "uses", "with", "run", "shell", "working-directory", "env"],
  ...["continue-on-error", "timeout-minutes"],
];

/** Reads one job; keys that the runner does not model are refused by name. */
export function readJob({ key, value, at }: Entry, refusals: Refusals): JobSyntax | undefined {
  const entries = entriesOf(value);
  const base = {
    id: key,
    at,
    ...optional("name", child(value, "name")),
    needs: literalList(child(value, "needs")),
    ...optional("condition", child(value, "if")),
    ...optional("permissions", child(value, "permissions")),
    ...optional("concurrency", child(value, "concurrency")),
    ...optional("strategy", child(value, "strategy")),
  };
  const uses = literalText(child(value, "uses"));
  if (uses !== undefined) {
    refuseUnknown(entries, callKeys, refusals);
    return callJob(base, uses, value);
  }
  refuseUnknown(entries, stepsKeys, refusals);
  const steps = child(value, "steps");
  if (steps?.kind !== "list") return undefined;
  return stepsJob(
    base,
    value,
    steps.items.map((step) => readStep(step, refusals)),
  );
}

type Base = Omit<CallJob, "kind" | "uses" | "inputs" | "secrets">;

function callJob(base: Base, uses: string, value: Node): CallJob {
  return {
    ...base,
    kind: "call",
    uses,
    ...optional("inputs", child(value, "with")),
    ...optional("secrets", child(value, "secrets")),
  };
}

function stepsJob(base: Base, value: Node, steps: readonly StepSyntax[]): StepsJob {
  return {
    ...base,
    kind: "steps",
    ...optional("runsOn", child(value, "runs-on")),
    ...optional("environment", child(value, "environment")),
    ...optional("outputs", child(value, "outputs")),
    ...optional("env", child(value, "env")),
    ...optional("defaults", child(value, "defaults")),
    ...optional("timeoutMinutes", child(value, "timeout-minutes")),
    steps,
  };
}

function readStep(step: Node, refusals: Refusals): StepSyntax {
  refuseUnknown(entriesOf(step), stepKeys, refusals);
  return {
    at: step.kind === "map" ? (step.entries[0]?.at ?? step.at) : step.at,
    ...optional("id", literalText(child(step, "id"))),
    ...optional("name", child(step, "name")),
    ...optional("condition", child(step, "if")),
    ...optional("uses", literalText(child(step, "uses"))),
    ...optional("run", child(step, "run")),
    ...optional("inputs", child(step, "with")),
    ...optional("env", child(step, "env")),
    ...optional("shell", child(step, "shell")),
    ...optional("workingDirectory", child(step, "working-directory")),
    ...optional("continueOnError", child(step, "continue-on-error")),
    ...optional("timeoutMinutes", child(step, "timeout-minutes")),
  };
}
