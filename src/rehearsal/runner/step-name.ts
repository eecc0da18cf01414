import { evaluateNodeText, type Scope } from "./expressions.ts";
import { literalText } from "./node.ts";
import type { PlannedStep } from "./plan.ts";

/** The name of a step as GitHub shows it: its own, or `Run` and the first line of what it does. */
export function githubStepName(planned: PlannedStep, phase: "main" | "post", scope: Scope): string {
  const { name, uses, run } = planned.syntax;
  const prefix = phase === "post" ? "Post " : "";
  if (name !== undefined) return `${prefix}${textOr(() => evaluateNodeText(name, scope), "step")}`;
  const script =
    run?.kind === "expression" ? textOr(() => evaluateNodeText(run, scope), "") : literalText(run);
  const firstLine = (uses ?? script ?? "").trimStart().split("\n")[0] ?? "";
  return `${prefix}Run ${firstLine}`;
}

function textOr(read: () => string, fallback: string): string {
  try {
    return read();
  } catch {
    return fallback;
  }
}
