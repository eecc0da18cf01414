import type { ActionFile } from "./action-file.ts";
import type { ModelledAction } from "./modelled-actions.ts";
import type { Permissions } from "./permissions.ts";
import type { CallJob, StepSyntax, StepsJob, WorkflowFile } from "./workflow-syntax.ts";

/** A workflow with everything it calls found, read and checked. */
export interface PlannedWorkflow {
  readonly file: WorkflowFile;
  readonly jobs: readonly PlannedJob[];
}

/** A job that runs steps, with the token it gets. */
export interface PlannedStepsJob {
  readonly kind: "steps";
  readonly syntax: StepsJob;
  readonly permissions: Permissions;
  readonly steps: readonly PlannedStep[];
}

/** A job that calls another workflow. */
export interface PlannedCallJob {
  readonly kind: "call";
  readonly syntax: CallJob;
  readonly permissions: Permissions;
  readonly callee: PlannedWorkflow;
}

/** A job of either kind. */
export type PlannedJob = PlannedStepsJob | PlannedCallJob;

/** A step and what it will start. */
export type PlannedStep =
  | { readonly kind: "run"; readonly syntax: StepSyntax; readonly id: string }
  | {
      readonly kind: "javascript";
      readonly syntax: StepSyntax;
      readonly id: string;
      readonly action: ActionFile;
    }
  | {
      readonly kind: "modelled";
      readonly syntax: StepSyntax;
      readonly id: string;
      readonly action: ModelledAction;
    };
