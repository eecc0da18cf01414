import { formatMs } from "../../core/duration.ts";
import type { Prediction } from "../../domain/plan/prediction.ts";
import type { RolloutFailure } from "./rollout.ts";
import type { Session } from "./session.ts";
import { digestOf, type Preparation } from "./session.ts";

/** Rows of a Markdown table without a heading; empty values are left out. */
export function table(rows: readonly (readonly [string, string | undefined])[]): string {
  const shown = rows.filter(([, value]) => value !== undefined && value !== "");
  return ["| | |", "|---|---|", ...shown.map(([name, value]) => `| ${name} | ${cell(value ?? "")} |`)].join(
    "\n",
  );
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replace(/\r?\n/g, " ");
}

/** What is deployed where: the first lines of every summary. */
export function subjectRows(preparation: Preparation): readonly (readonly [string, string | undefined])[] {
  const { inputs, gates, approver } = preparation;
  return [
    ["release", `\`${inputs.release}\` in namespace \`${inputs.namespace}\``],
    ["environment", inputs.environment],
    ["version", inputs.version],
    ["digest", `\`${digestOf(inputs)}\``],
    ["strategy", inputs.strategy],
    ["gates so far", gates.map(({ gate, verdict }) => `${gate}: ${verdict}`).join(", ")],
    ["approved by", approver],
  ];
}

export interface PlanSummary {
  readonly version: string;
  readonly rows: readonly (readonly [string, string | undefined])[];
  readonly diff: string;
  readonly warnings: readonly string[];
  readonly notRolledBack: readonly string[];
}

const diffLines = 400;

/** What an approver needs to see before the answer. */
export function planSummary(preparation: Preparation, plan: PlanSummary): string {
  const { inputs } = preparation;
  const lines = plan.diff.split("\n");
  const cut =
    lines.length > diffLines
      ? [...lines.slice(0, diffLines), "… the rest is in the plan's diff file"]
      : lines;
  return [
    table([...subjectRows(preparation), ...plan.rows]),
    ...plan.warnings.map((one) => `> ${one}`),
    "**What changes**",
    `\`\`\`diff\n${cut.join("\n").trimEnd().replaceAll("```", "'''")}\n\`\`\``,
    ...(plan.notRolledBack.length === 0
      ? []
      : [`**A rollback does not undo**\n\n${plan.notRolledBack.map((one) => `- ${one}`).join("\n")}`]),
    ...(inputs.approval === "required" && inputs.environment !== "" ? [slotNote(preparation)] : []),
  ].join("\n\n");
}

function slotNote({ inputs, context }: Preparation): string {
  return `While this waits for an answer it holds the slot of \`${inputs.release}\` in \`${inputs.environment}\`: later runs wait behind it, for up to 30 days. Rejecting it, or cancelling [the run](${context.run.url}), frees the slot.`;
}

/** Seconds with where they come from. */
export function predictionText({ seconds, basis, how }: Prediction): string {
  return basis === "removal" ? how : `${seconds} s (${basis}: ${how})`;
}

export function failureSummary(session: Session, failure: RolloutFailure, after: string): string {
  return [
    table([
      ...subjectRows(session),
      ["failed after", formatMs(failure.seconds * 1000)],
      ["reason", `${failure.reason}: ${failure.sentence}`],
      ["then", after],
    ]),
    failure.diagnosis.text,
  ].join("\n\n");
}
