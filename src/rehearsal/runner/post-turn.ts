import type { StepTurn } from "./step-run.ts";
import { templateToExpression } from "./template.ts";

/** The turn of an action's post script, which sees the inputs and the state of its main script. */
export function postTurn(
  { planned }: StepTurn,
  state: Readonly<Record<string, string>>,
  inputs: Readonly<Record<string, string>>,
) {
  if (planned.kind !== "javascript" || planned.action.post === undefined) return undefined;
  const expression = templateToExpression(`\${{ ${planned.action.postIf ?? "always()"} }}`);
  const condition = { kind: "expression" as const, expression, at: planned.syntax.at };
  return {
    planned,
    number: 0,
    phase: "post" as const,
    script: planned.action.post,
    condition,
    inputs,
    state,
  };
}
