import type { Json, Scope, Status } from "./expressions.ts";
import type { JobMachine } from "./job-machine.ts";
import { type JobSetting, jobVars } from "./job-setting.ts";
import type { PlannedStep } from "./plan.ts";
import { githubContext } from "./run-context.ts";
import type { Source } from "./source.ts";

/** What is known inside a running job. */
export interface JobKnowledge {
  readonly setting: JobSetting;
  readonly machine: JobMachine;
  readonly secrets: Readonly<Record<string, string>>;
  readonly token: string;
  status: "success" | "failure" | "cancelled";
  readonly steps: Map<string, { outputs: Record<string, string>; outcome: string; conclusion: string }>;
  /** Variables of the workflow, of the job, and of `GITHUB_ENV`. */
  readonly env: Record<string, string>;
}

/** The scope in which expressions of a job or one of its steps are evaluated. */
export function jobScope(
  known: JobKnowledge,
  step?: PlannedStep,
  stepEnv: Record<string, string> = {},
): Scope {
  const { setting, machine } = known;
  const { call } = setting;
  const contexts: Record<string, Json> = {
    github: { ...githubContext(call.context), ...jobPart(known, step) },
    env: { ...known.env, ...stepEnv },
    vars: jobVars(setting),
    secrets: { ...known.secrets },
    inputs: { ...call.inputs },
    needs: setting.needs,
    matrix: setting.matrix,
    strategy: setting.strategy,
    job: {
      status: known.status,
      check_run_id: setting.api.id,
      ...definedIn(call.file.source, call.file.path),
    },
    steps: Object.fromEntries(known.steps),
    runner: runnerContext(machine),
  };
  return { contexts, status: statusOf(known.status), workspace: machine.workspace };
}

/** The answers of the status functions inside a job. */
export function statusOf(status: JobKnowledge["status"]): Status {
  return { success: status === "success", failure: status === "failure", cancelled: status === "cancelled" };
}

function jobPart(
  { setting, machine, token }: JobKnowledge,
  step: PlannedStep | undefined,
): Record<string, Json> {
  const part: Record<string, Json> = {
    job: setting.planned.syntax.id,
    token,
    workspace: machine.workspace,
    event_path: machine.eventFile,
  };
  if (step === undefined) return part;
  if (step.kind !== "javascript") return { ...part, action: step.id };
  const { source, path } = step.action;
  return {
    ...part,
    action: step.id,
    action_path: path,
    action_repository: source.repository,
    action_ref: source.ref,
  };
}

function definedIn(source: Source, path: string): Record<string, Json> {
  return {
    workflow_ref: `${source.repository}/${path}@${source.ref}`,
    workflow_sha: source.sha,
    workflow_repository: source.repository,
    workflow_file_path: path,
  };
}

function runnerContext(machine: JobMachine): Json {
  return {
    name: "rehearsal",
    os: "Linux",
    arch: machine.arch,
    temp: machine.temp,
    tool_cache: machine.toolCache,
    workspace: machine.root,
    environment: "self-hosted",
  };
}
