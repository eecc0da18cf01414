import type { StepState } from "../github/state.ts";
import type { StepResult } from "./events.ts";
import { evaluateTexts } from "./expressions.ts";
import { type JobKnowledge, jobScope } from "./job-contexts.ts";
import type { Masks } from "./masks.ts";

/** The outputs of a job; one that holds a secret is dropped, as on GitHub. */
export function jobOutputs(known: JobKnowledge, masks: Masks) {
  const warnings: string[] = [];
  const outputs: Record<string, string> = {};
  const all = evaluateTexts(known.setting.planned.syntax.outputs, jobScope(known));
  for (const [name, value] of Object.entries(all)) {
    if (masks.hides(value)) warnings.push(`Skip output '${name}' since it may contain secret.`);
    else outputs[name] = value;
  }
  return { outputs, warnings };
}

/** A step as the API lists it. */
export function stepState(step: StepResult): StepState {
  return {
    number: step.number,
    name: step.name,
    status: "completed",
    conclusion: step.conclusion,
    startedAt: step.startedAt.toISOString(),
    completedAt: step.endedAt.toISOString(),
  };
}
