import { userInfo } from "node:os";
import { delimiter, join } from "node:path";
import type { JobKnowledge } from "./job-contexts.ts";
import type { PlannedStep } from "./plan.ts";
import { trackingVariable } from "./process-tree.ts";
import { githubContext } from "./run-context.ts";

/** Files through which a step talks to the runner. */
export interface StepFiles {
  readonly output: string;
  readonly env: string;
  readonly path: string;
  readonly state: string;
  readonly summary: string;
}

/** Everything beyond the job that goes into the environment of one step. */
export interface StepExtras {
  readonly step: PlannedStep;
  readonly stepEnv: Readonly<Record<string, string>>;
  readonly files: StepFiles;
  readonly addedPaths: readonly string[];
  readonly idToken?: { readonly url: string; readonly token: string };
}

const fromContext = [
  ...["repository", "repository_owner", "repository_id", "repository_owner_id", "run_id", "run_number"],
  ...["run_attempt", "retention_days", "actor", "actor_id", "triggering_actor", "workflow", "workflow_ref"],
  ...[
    "workflow_sha",
    "event_name",
    "head_ref",
    "base_ref",
    "ref",
    "ref_name",
    "ref_type",
    "ref_protected",
    "sha",
  ],
  ...["server_url", "api_url", "graphql_url"],
];

/** The environment of a step's process: nothing of the machine but what every runner has. */
export function stepEnvironment(known: JobKnowledge, extras: StepExtras): Record<string, string> {
  const { setting, machine } = known;
  const { options } = setting.call.context;
  const added = { ...options.env, ...known.env, ...extras.stepEnv };
  const path = [...extras.addedPaths, added.PATH ?? process.env.PATH ?? ""].join(delimiter);
  return {
    HOME: machine.home,
    USER: userInfo().username,
    LANG: "C.UTF-8",
    SHELL: "/bin/bash",
    ...added,
    PATH: path,
    CI: "true",
    GITHUB_ACTIONS: "true",
    ...contextVariables(known),
    ...actionVariables(extras.step),
    GITHUB_OUTPUT: extras.files.output,
    GITHUB_ENV: extras.files.env,
    GITHUB_PATH: extras.files.path,
    GITHUB_STATE: extras.files.state,
    GITHUB_STEP_SUMMARY: extras.files.summary,
    RUNNER_NAME: "rehearsal",
    RUNNER_OS: "Linux",
    RUNNER_ARCH: machine.arch,
    RUNNER_TEMP: machine.temp,
    RUNNER_TOOL_CACHE: machine.toolCache,
    RUNNER_WORKSPACE: join(machine.workspace, ".."),
    RUNNER_ENVIRONMENT: "self-hosted",
    [trackingVariable]: machine.trackingId,
    ...idTokenVariables(extras),
  };
}

function contextVariables({ setting, machine }: JobKnowledge): Record<string, string> {
  const github = githubContext(setting.call.context);
  const variables = Object.fromEntries(
    fromContext.map((key) => [`GITHUB_${key.toUpperCase()}`, String(github[key])]),
  );
  return {
    ...variables,
    GITHUB_JOB: setting.planned.syntax.id,
    GITHUB_WORKSPACE: machine.workspace,
    GITHUB_EVENT_PATH: machine.eventFile,
  };
}

function actionVariables(step: PlannedStep): Record<string, string> {
  if (step.kind !== "javascript")
    return { GITHUB_ACTION: step.id, GITHUB_ACTION_REF: "", GITHUB_ACTION_REPOSITORY: "" };
  const { source } = step.action;
  return {
    GITHUB_ACTION: step.id,
    GITHUB_ACTION_REF: source.ref,
    GITHUB_ACTION_REPOSITORY: source.repository,
  };
}

function idTokenVariables({ idToken }: StepExtras): Record<string, string> {
  if (idToken === undefined) return {};
  return { ACTIONS_ID_TOKEN_REQUEST_URL: idToken.url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: idToken.token };
}

/** Inputs as a JavaScript action reads them. */
export function inputVariables(inputs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [
      `INPUT_${name.replaceAll(" ", "_").toUpperCase()}`,
      value,
    ]),
  );
}
