import type { JobResult } from "./events.ts";
import type { Json, Scope } from "./expressions.ts";
import type { JobOutcome } from "./job-outcome.ts";
import type { CallSetting } from "./job-setting.ts";
import type { PlannedWorkflow } from "./plan.ts";

/** One job, or one combination of its matrix, about to run. */
export interface JobTurn {
  readonly path: string;
  readonly name: string;
  readonly needs: Json;
  readonly matrix: Json;
  readonly strategy: Json;
  readonly scope: Scope;
  readonly queuedAt: Date;
  /** Whether results of the attempt before may be used further down. */
  readonly mayReuse: boolean;
}

/** What the jobs of one workflow left. */
export interface WorkflowEnd {
  readonly jobs: readonly JobResult[];
  readonly outcomes: ReadonlyMap<string, JobOutcome>;
}

/** Runs the jobs of a workflow; given to the job that calls it, because calls nest. */
export type RunJobs = (plan: PlannedWorkflow, call: CallSetting) => Promise<WorkflowEnd>;
