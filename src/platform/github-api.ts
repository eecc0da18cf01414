import { messageOf, OutsideError } from "../core/errors.ts";
import { at, isRecord, type Json, listAt, numberAt, textAt } from "../core/json.ts";
import type { RunApproval } from "../domain/approval/approver.ts";
import type { EnvironmentProtection } from "../domain/approval/protection.ts";
import type { RecordRun } from "../domain/record/record.ts";

type Env = Readonly<Record<string, string | undefined>>;

export type DeploymentState =
  | "error"
  | "failure"
  | "inactive"
  | "in_progress"
  | "queued"
  | "pending"
  | "success";

export interface NewDeployment {
  readonly ref: string;
  readonly environment: string;
  readonly task: string;
  readonly description: string;
  readonly production: boolean;
  readonly payload: Readonly<Record<string, Json | undefined>>;
}

export interface KnownDeployment {
  readonly id: number;
  /** What its maker said about it; empty where that is no mapping. */
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface DeploymentStatus {
  readonly state: DeploymentState;
  readonly description: string;
  readonly logUrl: string;
}

/** Path parameters, query and body of one call, as GitHub's API names them. */
type Parameters = Readonly<Record<string, unknown>>;

/** What we ask of GitHub's REST API. A refusal is an OutsideError that names the call and the status. */
export interface GithubApi {
  /** Any other call, such as `POST /repos/{owner}/{repo}/code-scanning/sarifs`; owner and repo are filled in. */
  request(route: string, parameters?: Parameters): Promise<unknown>;
  environment(name: string): Promise<EnvironmentProtection | undefined>;
  approvals(runId: string): Promise<readonly RunApproval[]>;
  /** Whether that attempt, or that job of it, has ended. Undefined when GitHub does not say. */
  isOver(run: Pick<RecordRun, "repository" | "id" | "attempt" | "job">): Promise<boolean | undefined>;
  createDeployment(deployment: NewDeployment): Promise<number>;
  setDeploymentStatus(id: number, status: DeploymentStatus): Promise<void>;
  /** The deployments of an environment and task, newest first. */
  deployments(environment: string, task: string): Promise<readonly KnownDeployment[]>;
  /** The newest state of a deployment. */
  deploymentState(id: number): Promise<string | undefined>;
}

/** Why GitHub refused, with the status for a caller that can go on without. */
export class GithubRefusal extends OutsideError {
  readonly status: number | undefined;

  constructor(message: string, status: number | undefined) {
    super(message);
    this.status = status;
  }
}

/** GitHub's API for the repository of the run. The client is loaded with the first call: it is slow to start. */
export function githubApi(token: string, env: Env): GithubApi {
  const [owner = "", repo = ""] = (env.GITHUB_REPOSITORY ?? "").split("/");
  const send = sender(token, env.GITHUB_API_URL ?? "https://api.github.com");
  const request = (route: string, parameters: Parameters = {}) => send(route, { owner, repo, ...parameters });
  const orUndefined = async (asked: Promise<unknown>): Promise<unknown> => {
    try {
      return await asked;
    } catch (error) {
      if (error instanceof GithubRefusal && error.status === 404) return undefined;
      throw error;
    }
  };
  const runPath = "/repos/{owner}/{repo}/actions/runs/{run_id}";
  return {
    request,
    environment: async (name) => {
      const path = "/repos/{owner}/{repo}/environments/{environment_name}";
      const found = await orUndefined(request(`GET ${path}`, { environment_name: name }));
      if (found === undefined) return undefined;
      const rules = await request(`GET ${path}/deployment_protection_rules`, { environment_name: name });
      return protectionOf(name, found, rules);
    },
    approvals: async (runId) => {
      const route = "GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals";
      return listAt(await request(route, { run_id: Number(runId) })).map(approvalOf);
    },
    isOver: async (run) => {
      const [runOwner = "", runRepo = ""] = run.repository.split("/");
      const place = { owner: runOwner, repo: runRepo, run_id: Number(run.id) };
      const found = await orUndefined(request(`GET ${runPath}`, place));
      if (found === undefined) return undefined;
      const newest = numberAt(found, "run_attempt") ?? run.attempt;
      if (newest > run.attempt || textAt(found, "status") === "completed") return true;
      const jobs = `GET ${runPath}/attempts/{attempt_number}/jobs`;
      const page = { ...place, attempt_number: run.attempt, per_page: 100 };
      return jobIsOver(await orUndefined(request(jobs, page)), run.job);
    },
    createDeployment: async (deployment) => {
      const made = await request("POST /repos/{owner}/{repo}/deployments", deploymentBody(deployment));
      const id = numberAt(made, "id");
      if (id === undefined)
        throw new OutsideError("GitHub made no deployment of the commit: its answer names no id");
      return id;
    },
    setDeploymentStatus: async (id, { state, description, logUrl }) => {
      await request("POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses", {
        deployment_id: id,
        state,
        description: description.slice(0, 140),
        log_url: logUrl,
        auto_inactive: false,
      });
    },
    deployments: async (environment, task) => {
      const found = await request("GET /repos/{owner}/{repo}/deployments", {
        environment,
        task,
        per_page: 30,
      });
      return listAt(found).flatMap(deploymentOf);
    },
    deploymentState: async (id) => {
      const route = "GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses";
      return textAt(await request(route, { deployment_id: id, per_page: 1 }), 0, "state");
    },
  };
}

const budgetMs = 15_000;
const tries = 3;

function sender(token: string, baseUrl: string) {
  let client: Promise<(route: string, parameters: Parameters) => Promise<{ data: unknown }>> | undefined;
  const load = async () => {
    const { getOctokit } = await import("@actions/github");
    const octokit = getOctokit(token, { baseUrl });
    return (route: string, parameters: Parameters) => octokit.request(route, { ...parameters });
  };
  return async (route: string, parameters: Parameters): Promise<unknown> => {
    client ??= load();
    const ask = await client;
    for (let attempt = 1; ; attempt++) {
      try {
        return (await ask(route, { ...parameters, request: { signal: AbortSignal.timeout(budgetMs) } })).data;
      } catch (error) {
        const status = numberAt(error, "status");
        const mayRepeat =
          route.startsWith("GET ") && (status === undefined || status >= 500 || status === 429);
        if (!mayRepeat || attempt >= tries) throw refusal(route, parameters, { error, status });
        await new Promise((resolve) => setTimeout(resolve, 500 * attempt));
      }
    }
  };
}

function refusal(
  route: string,
  parameters: Parameters,
  { error, status }: { error: unknown; status: number | undefined },
): GithubRefusal {
  const filled = route.replace(/\{(\w+)\}/g, (whole, key: string) => String(parameters[key] ?? whole));
  const said = messageOf(error).split(" - https://")[0]?.split("\n")[0] ?? "";
  if (status === undefined)
    return new GithubRefusal(`GitHub gave no answer to ${filled}: ${said}`, undefined);
  return new GithubRefusal(`GitHub answered ${status} to ${filled}: ${said}`, status);
}

function protectionOf(name: string, environment: unknown, custom: unknown): EnvironmentProtection {
  const rules = listAt(environment, "protection_rules");
  const reviewers = rules.filter((rule) => textAt(rule, "type") === "required_reviewers");
  const policy = at(environment, "deployment_branch_policy");
  return {
    name,
    hasReviewers: reviewers.some((rule) => listAt(rule, "reviewers").length > 0),
    hasBranchPolicy: policy !== null && policy !== undefined,
    customRules: listAt(custom, "custom_deployment_protection_rules")
      .filter((rule) => at(rule, "enabled") !== false)
      .map((rule) => textAt(rule, "app", "slug") ?? String(numberAt(rule, "id") ?? "unnamed")),
  };
}

function approvalOf(one: unknown): RunApproval {
  return {
    state: textAt(one, "state") ?? "",
    user: textAt(one, "user", "login") ?? "",
    environments: listAt(one, "environments").flatMap((environment) => textAt(environment, "name") ?? []),
  };
}

// The API shows a job of a called workflow as "caller / job"; the runner tells the job only "job".
function jobIsOver(jobs: unknown, job: string): boolean | undefined {
  const ours = listAt(jobs, "jobs").filter((one) => {
    const name = textAt(one, "name") ?? "";
    return name === job || name.endsWith(` / ${job}`);
  });
  if (ours.length === 0) return undefined;
  return ours.every((one) => textAt(one, "status") === "completed");
}

function deploymentOf(one: unknown): readonly KnownDeployment[] {
  const id = numberAt(one, "id");
  const payload = at(one, "payload");
  return id === undefined ? [] : [{ id, payload: isRecord(payload) ? payload : {} }];
}

// GitHub's defaults would merge the default branch into the ref and demand green statuses.
function deploymentBody(deployment: NewDeployment): Parameters {
  return {
    ref: deployment.ref,
    environment: deployment.environment,
    task: deployment.task,
    description: deployment.description.slice(0, 140),
    production_environment: deployment.production,
    payload: deployment.payload,
    auto_merge: false,
    required_contexts: [],
  };
}
