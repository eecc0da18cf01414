import { diffText } from "../../domain/release/diff-text.ts";
import type { SeenChanges } from "./changes.ts";
import type { DefinitionPlan } from "./definitions.ts";
import type { Preparation } from "./session.ts";
import { subjectRows, table } from "./summary.ts";

export interface PlanSummary {
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

/** The plan's difference as text: what changes, what others have changed since, and how that was found out. */
export function planDiff(seen: SeenChanges, definitions: DefinitionPlan): string {
  const defined = definitions.changes.map(
    ({ name, change }) => `${change === "new" ? "+" : "~"} CustomResourceDefinition ${name}`,
  );
  return [
    diffText(seen.changes).trimEnd(),
    ...(defined.length === 0 ? [] : ["custom resource definitions, applied first:", ...defined]),
    ...(seen.drift.length === 0
      ? []
      : ["changed in the cluster since the last revision, not by a deploy:", diffText(seen.drift).trimEnd()]),
    `# ${seen.how}`,
    "",
  ].join("\n");
}
