import type { Entry, Node, Place } from "./node.ts";
import type { Source } from "./source.ts";

/** One workflow file, read but not evaluated. */
export interface WorkflowFile {
  readonly source: Source;
  readonly path: string;
  readonly at: Place;
  readonly name: string;
  readonly runName?: Node;
  /** What stands under `on`, by event. */
  readonly triggers: readonly Trigger[];
  readonly dispatchInputs: readonly InputDefinition[];
  readonly callInputs: readonly InputDefinition[];
  readonly callSecrets: readonly SecretDefinition[];
  readonly callOutputs: readonly Entry[];
  readonly permissions?: Node;
  readonly env?: Node;
  readonly defaults?: Node;
  readonly concurrency?: Node;
  readonly jobs: readonly JobSyntax[];
}

/** One event that starts the workflow, with its filters. */
export interface Trigger {
  readonly event: string;
  readonly filters: readonly Entry[];
  readonly at: Place;
}

/** An input as `on.workflow_call` or `on.workflow_dispatch` declares it. */
export interface InputDefinition {
  readonly name: string;
  readonly type: "string" | "number" | "boolean" | "choice" | "environment";
  readonly isRequired: boolean;
  readonly defaultValue?: Node;
  readonly options: readonly string[];
  readonly at: Place;
}

/** A secret as `on.workflow_call` declares it. */
export interface SecretDefinition {
  readonly name: string;
  readonly isRequired: boolean;
}

interface JobBase {
  readonly id: string;
  readonly at: Place;
  readonly name?: Node;
  readonly needs: readonly string[];
  readonly condition?: Node;
  readonly permissions?: Node;
  readonly concurrency?: Node;
  readonly strategy?: Node;
}

/** A job that runs steps. */
export interface StepsJob extends JobBase {
  readonly kind: "steps";
  readonly runsOn?: Node;
  readonly environment?: Node;
  readonly outputs?: Node;
  readonly env?: Node;
  readonly defaults?: Node;
  readonly timeoutMinutes?: Node;
  readonly steps: readonly StepSyntax[];
}

/** A job that calls a reusable workflow. */
export interface CallJob extends JobBase {
  readonly kind: "call";
  readonly uses: string;
  readonly inputs?: Node;
  readonly secrets?: Node;
}

/** A job of either kind. */
export type JobSyntax = StepsJob | CallJob;

/** One step, read but not evaluated. */
export interface StepSyntax {
  readonly at: Place;
  readonly id?: string;
  readonly name?: Node;
  readonly condition?: Node;
  readonly uses?: string;
  readonly run?: Node;
  readonly inputs?: Node;
  readonly env?: Node;
  readonly shell?: Node;
  readonly workingDirectory?: Node;
  readonly continueOnError?: Node;
  readonly timeoutMinutes?: Node;
}
