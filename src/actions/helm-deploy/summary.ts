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
