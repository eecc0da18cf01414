import { stripVTControlCharacters, styleText } from "node:util";
import { formatMs } from "../core/duration.ts";
import type { ApprovalQuestion, JobResult, RunEvent, StepResult } from "./runner/events.ts";

/** Shows a run in the terminal: a line per job and step with its time and verdict, the canary as it goes. */
export function terminalView(write: (line: string) => void): (event: RunEvent) => void {
  const calls = new Set<string>();
  return (event) => {
    if (event.kind === "run-started") {
      for (const job of event.jobs) if (job.kind === "call") calls.add(job.path);
    }
    // A call is only its jobs, each of which has lines of its own.
    if (event.kind === "job-started" && calls.has(event.job)) return;
    const line = lineOf(event);
    if (line !== undefined) write(line);
  };
}

function lineOf(event: RunEvent): string | undefined {
  switch (event.kind) {
    case "job-started":
      return `\n${styleText("bold", shortPath(event.job))}${event.environment ? `  environment ${event.environment}` : ""}`;
    case "job-waiting":
      return styleText("yellow", `  ${shortPath(event.job)} waits: ${event.reason}`);
    case "step-ended":
      return stepLine(event.result);
    case "job-ended":
      return event.result.kind === "call" ? undefined : jobLine(event.result);
    case "log":
      return isProgress(event.line) ? styleText("dim", `      ${event.line}`) : undefined;
    case "runner-lost":
      return styleText("red", `  the runner of ${shortPath(event.job)} is gone`);
    case "approval-answered":
      return `  ${event.question.environment}: ${event.answer.approved ? "approved" : "refused"} by ${event.answer.user}`;
    case "run-cancelled":
      return styleText("red", `  cancelled: ${event.reason}`);
    case "annotation":
      return event.annotation.level === "error"
        ? styleText("red", `      ${event.annotation.message}`)
        : undefined;
    default:
      return undefined;
  }
}

/** What canary-analyze says at each look and helm-deploy of a rollout. */
function isProgress(line: string): boolean {
  return /^weight /.test(stripVTControlCharacters(line));
}

function shortPath(path: string): string {
  return path.replace(/^commit-to-production\//, "");
}

const signs = { success: "✓", failure: "✗", cancelled: "⊘", skipped: "–" } as const;
const colours = { success: "green", failure: "red", cancelled: "yellow", skipped: "dim" } as const;

function stepLine(step: StepResult): string | undefined {
  if (step.conclusion === "skipped") return undefined;
  const verdict = step.outputs.verdict;
  const time = formatMs(step.endedAt.getTime() - step.startedAt.getTime());
  const sign = styleText(colours[step.conclusion], signs[step.conclusion]);
  return `    ${sign} ${step.name.padEnd(44)} ${time.padStart(9)}${verdict === undefined ? "" : `  ${verdict}`}`;
}

function jobLine(job: JobResult): string {
  const time = formatMs(job.endedAt.getTime() - job.startedAt.getTime());
  return `  ${styleText(colours[job.result], signs[job.result])} ${shortPath(job.path)}: ${job.result} in ${time}`;
}

/** What an approver needs, as the summaries of the jobs so far tell it. */
export function approvalPage(question: ApprovalQuestion): string {
  const rule = "─".repeat(78);
  return `\n${rule}\n${styleText("bold", `Approval for ${question.environment}`)}  (${question.reviewers.join(", ")})\n\n${question.summary.trim()}\n${rule}`;
}
