import type { EnvironmentState, JobState } from "../github/state.ts";
import type { JobResult } from "./events.ts";
import type { Json } from "./expressions.ts";
import type { Node } from "./node.ts";
import type { PlannedStepsJob } from "./plan.ts";
import type { RunContext } from "./run-context.ts";
import type { WorkflowFile } from "./workflow-syntax.ts";

/** What a workflow file is run with: by an event, or by a job that calls it. */
export interface CallSetting {
  readonly context: RunContext;
  readonly file: WorkflowFile;
  readonly inputs: Readonly<Record<string, Json>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** Whether a job gets every secret of its environment, or only those that were passed by name. */
  readonly givesEnvironmentSecrets: boolean;
  /** Path of the calling job with a slash, empty at the top. */
  readonly prefix: string;
  /** Names of the calling jobs, as GitHub shows them. */
  readonly label: string;
  /** Concurrency groups that callers hold. */
  readonly groups: readonly string[];
  /** Results of the attempt before, when failed jobs are run again and nothing above has changed. */
  readonly previous: ReadonlyMap<string, JobResult>;
}

/** What one job is run with. */
export interface JobSetting {
  readonly call: CallSetting;
  readonly planned: PlannedStepsJob;
  readonly path: string;
  readonly name: string;
  readonly needs: Json;
  readonly matrix: Json;
  readonly strategy: Json;
  readonly api: JobState;
  readonly environment?: EnvironmentState;
  readonly environmentUrl?: Node;
}

/** The secrets of a job: those of its call, and of its environment as far as GitHub hands them over. */
export function jobSecrets({ call, environment }: JobSetting, token: string): Record<string, string> {
  const own = environment?.secrets ?? {};
  const passed = Object.keys(call.secrets).map((name) => name.toLowerCase());
  const given = Object.entries(own).filter(
    ([name]) => call.givesEnvironmentSecrets || passed.includes(name.toLowerCase()),
  );
  // Names ignore case: what the environment gives replaces what was passed in other letters.
  const replaced = given.map(([name]) => name.toLowerCase());
  const kept = Object.entries(call.secrets).filter(([name]) => !replaced.includes(name.toLowerCase()));
  return { ...Object.fromEntries([...kept, ...given]), GITHUB_TOKEN: token };
}

/** The variables of a job: of the repository, overridden by its environment. */
export function jobVars({ call, environment }: JobSetting): Record<string, string> {
  return { ...call.context.options.vars, ...environment?.vars };
}
