import { formatMs } from "../../core/duration.ts";
import type { Urgency } from "../../domain/rollback/urgency.ts";
import type { Checklist } from "./checklist.ts";
import type { Journal } from "./journal.ts";

export interface SummaryParts {
  readonly lines: readonly string[];
  readonly urgency?: Urgency;
  readonly checklist?: Checklist;
  /** What is known about the times of rollbacks. */
  readonly time?: string;
  /** What the way back does not bring back. */
  readonly kept: readonly string[];
}

/** Markdown: what happened, what was looked at, how long each step took, and what stays. */
export function summaryOf(journal: Journal, { lines, urgency, checklist, time, kept }: SummaryParts): string {
  const steps = journal.steps.map(({ name, milliseconds, isDone, sentence }) => [
    name,
    isDone ? "done" : "not done",
    formatMs(milliseconds),
    sentence,
  ]);
  const checks = (checklist?.all() ?? []).map(({ name, result, sentence }) => [name, result, sentence]);
  const isUsed = checks.length > 0 && journal.steps.length > 0;
  return [
    lines.map(escapeCell).join("\n\n"),
    ...table(["step", "", "time", ""], steps),
    ...(isUsed && urgency !== undefined ? ["", escapeCell(`Checks: ${urgency.level}, ${urgency.why}`)] : []),
    ...(isUsed ? table(["check", "", ""], checks) : []),
    ...(time === undefined ? [] : ["", escapeCell(time)]),
    ...listed("", journal.notes),
    ...listed("A rollback does not undo:", kept),
  ].join("\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return [];
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return ["", line(head), `|${"---|".repeat(head.length)}`, ...rows.map((row) => line(row.map(escapeCell)))];
}

function listed(title: string, entries: readonly string[]): readonly string[] {
  if (entries.length === 0) return [];
  const head = title === "" ? [] : ["", title];
  return [...head, "", ...entries.map((one) => `- ${escapeCell(one)}`)];
}

export function escapeCell(text: string): string {
  return text.replace(/[\\|<>`*_[\]]/g, "\\$&").replace(/\s+/g, " ");
}
