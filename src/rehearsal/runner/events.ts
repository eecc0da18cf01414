import type { ArtifactState } from "../github/state.ts";

/** How a job ended. */
export type JobConclusion = "success" | "failure" | "cancelled" | "skipped";

/** A message for people, shown on the run's page. */
export interface Annotation {
  readonly level: "error" | "warning" | "notice";
  readonly message: string;
  readonly title?: string;
  readonly file?: string;
  readonly line?: number;
}

/** What an approver is asked. */
export interface ApprovalQuestion {
  readonly environment: string;
  readonly reviewers: readonly string[];
  readonly runId: number;
  readonly attempt: number;
  /** Path of the job in the call tree, such as `deploy/production`. */
  readonly job: string;
  /** Summaries written so far, in the order of the jobs. */
  readonly summary: string;
}

/** The answer of an approver. */
export interface ApprovalAnswer {
  readonly approved: boolean;
  readonly user: string;
  readonly comment: string;
}

/** A job as the graph shows it before anything ran. */
export interface PlannedJobView {
  readonly path: string;
  readonly needs: readonly string[];
  readonly kind: "steps" | "call";
  readonly workflow: string;
}

/** One step after it ended. */
export interface StepResult {
  readonly number: number;
  readonly id: string;
  readonly name: string;
  readonly phase: "pre" | "main" | "post";
  readonly uses?: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
  /** Before `continue-on-error` is applied. */
  readonly outcome: JobConclusion;
  readonly conclusion: JobConclusion;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly annotations: readonly Annotation[];
}

/** One job after it ended; a call holds the jobs of the called workflow. */
export interface JobResult {
  /** `deploy/production`: ids joined along the call tree; a matrix adds its values in brackets. */
  readonly path: string;
  readonly name: string;
  readonly kind: "steps" | "call";
  readonly workflow: string;
  readonly needs: readonly string[];
  readonly result: JobConclusion;
  readonly outputs: Readonly<Record<string, string>>;
  readonly queuedAt: Date;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly environment?: string;
  readonly approvedBy?: string;
  /** True when a re-run took this result from the attempt before. */
  readonly isReused: boolean;
  readonly steps: readonly StepResult[];
  readonly jobs: readonly JobResult[];
  readonly annotations: readonly Annotation[];
}

/** The whole run after it ended. */
export interface RunResult {
  readonly runId: number;
  readonly attempt: number;
  readonly workflow: string;
  readonly event: string;
  readonly sha: string;
  readonly conclusion: JobConclusion;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly jobs: readonly JobResult[];
  readonly artifacts: readonly ArtifactState[];
  readonly annotations: readonly Annotation[];
}

/** What happens while a workflow runs; views and reports are made from these. */
export type RunEvent =
  | {
      readonly kind: "run-started";
      readonly runId: number;
      readonly attempt: number;
      readonly jobs: readonly PlannedJobView[];
    }
  | { readonly kind: "job-queued"; readonly job: string; readonly at: Date }
  | { readonly kind: "job-waiting"; readonly job: string; readonly reason: string; readonly at: Date }
  | {
      readonly kind: "job-started";
      readonly job: string;
      readonly name: string;
      readonly environment?: string;
      readonly at: Date;
    }
  | { readonly kind: "job-ended"; readonly job: string; readonly result: JobResult; readonly at: Date }
  | {
      readonly kind: "step-started";
      readonly job: string;
      readonly step: number;
      readonly name: string;
      readonly at: Date;
    }
  | {
      readonly kind: "step-ended";
      readonly job: string;
      readonly step: number;
      readonly result: StepResult;
      readonly at: Date;
    }
  | {
      readonly kind: "log";
      readonly job: string;
      readonly step: number;
      readonly line: string;
      readonly format: LogFormat;
      readonly at: Date;
    }
  | {
      readonly kind: "annotation";
      readonly job: string;
      readonly step?: number;
      readonly annotation: Annotation;
      readonly at: Date;
    }
  | {
      readonly kind: "summary-written";
      readonly job: string;
      readonly step: number;
      readonly markdown: string;
      readonly at: Date;
    }
  | { readonly kind: "approval-asked"; readonly question: ApprovalQuestion; readonly at: Date }
  | {
      readonly kind: "approval-answered";
      readonly question: ApprovalQuestion;
      readonly answer: ApprovalAnswer;
      readonly at: Date;
    }
  | {
      readonly kind: "artifact-stored";
      readonly job: string;
      readonly artifact: ArtifactState;
      readonly at: Date;
    }
  | { readonly kind: "run-cancelled"; readonly reason: string; readonly at: Date }
  | { readonly kind: "runner-lost"; readonly job: string; readonly at: Date }
  | { readonly kind: "run-ended"; readonly result: RunResult; readonly at: Date };

/** How a line of the log is meant. */
export type LogFormat = "plain" | "group" | "endgroup" | "debug" | "command" | Annotation["level"];
