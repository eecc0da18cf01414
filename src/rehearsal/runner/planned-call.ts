import { entriesOf, literalText, type Node } from "./node.ts";
import type { Refusals } from "./refusals.ts";
import type { CallJob, InputDefinition, WorkflowFile } from "./workflow-syntax.ts";

/** Refuses inputs and secrets that the callee does not declare, wants and does not get, or gets of a wrong type. */
export function refuseBadCall(job: CallJob, callee: WorkflowFile, refusals: Refusals): void {
  if (!callee.triggers.some(({ event }) => event === "workflow_call")) {
    refusals.add(job.at, `${callee.path} has no workflow_call trigger`);
    return;
  }
  refuseBadInputs(job, callee, refusals);
  refuseBadSecrets(job, callee, refusals);
}

function refuseBadInputs(job: CallJob, callee: WorkflowFile, refusals: Refusals): void {
  const given = entriesOf(job.inputs);
  for (const { key, value, at } of given) {
    const declared = callee.callInputs.find((input) => sameName(input.name, key));
    if (declared === undefined) refusals.add(at, `input "${key}" is not declared by ${callee.path}`);
    else if (!literalFits(value, declared.type)) {
      refusals.add(at, `input "${key}" must be a ${declared.type}: got "${literalText(value) ?? ""}"`);
    }
  }
  for (const input of callee.callInputs) {
    const isGiven = given.some(({ key }) => sameName(key, input.name));
    if (input.isRequired && !isGiven)
      refusals.add(job.at, `input "${input.name}" is required by ${callee.path}`);
  }
}

function refuseBadSecrets(job: CallJob, callee: WorkflowFile, refusals: Refusals): void {
  if (literalText(job.secrets) === "inherit") return;
  const given = entriesOf(job.secrets);
  for (const { key, at } of given) {
    const isDeclared = callee.callSecrets.some((secret) => sameName(secret.name, key));
    if (!isDeclared) refusals.add(at, `secret "${key}" is not declared by ${callee.path}`);
  }
  for (const secret of callee.callSecrets) {
    const isGiven = given.some(({ key }) => sameName(key, secret.name));
    if (secret.isRequired && !isGiven)
      refusals.add(job.at, `secret "${secret.name}" is required by ${callee.path}`);
  }
}

function literalFits(value: Node, type: InputDefinition["type"]): boolean {
  if (value.kind !== "literal") return true;
  if (type === "boolean" || type === "number") return typeof value.value === type;
  return true;
}

function sameName(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
