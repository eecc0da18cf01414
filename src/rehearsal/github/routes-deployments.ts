import { readCommit, resolveRef } from "./git-history.ts";
import { type ApiRequest, invalid, notFound, ok, pageOf, type Route } from "./router.ts";
import { linksOf, nodeId, userShape } from "./shapes.ts";
import type { DeploymentState, DeploymentStatusState } from "./state.ts";

const base = "/repos/{owner}/{repo}/deployments";
const states = ["error", "failure", "inactive", "in_progress", "queued", "pending", "success"];

/** Deployments and their statuses. */
export const deploymentRoutes: readonly Route[] = [
  { method: "GET", path: base, needs: ["deployments", "read"], handle: list },
  { method: "POST", path: base, needs: ["deployments", "write"], handle: create },
  { method: "GET", path: `${base}/{deployment_id}`, needs: ["deployments", "read"], handle: getOne },
  {
    method: "GET",
    path: `${base}/{deployment_id}/statuses`,
    needs: ["deployments", "read"],
    handle: listStatuses,
  },
  {
    method: "POST",
    path: `${base}/{deployment_id}/statuses`,
    needs: ["deployments", "write"],
    handle: addStatus,
  },
];

function list(request: ApiRequest) {
  const matching = request.state.deployments.filter((deployment) =>
    (["sha", "ref", "task", "environment"] as const).every((key) => {
      const wanted = request.query.get(key);
      return wanted === null || deployment[key] === wanted;
    }),
  );
  const page = pageOf(matching.toReversed(), request.query);
  return ok(page.map((deployment) => deploymentShape(deployment, request)));
}

function create(request: ApiRequest) {
  const { state, body, grant } = request;
  if (typeof body.ref !== "string") return invalid("Deployment", "ref");
  const sha =
    readCommit(state.repository.folder, body.ref)?.sha ?? resolveRef(state.repository.folder, body.ref);
  const now = state.now();
  const made: DeploymentState = {
    id: state.nextId(),
    sha: sha ?? body.ref,
    ref: body.ref,
    task: text(body.task, "deploy"),
    payload: body.payload ?? {},
    environment: text(body.environment, "production"),
    description: typeof body.description === "string" ? body.description : null,
    isProduction: body.production_environment === true,
    isTransient: body.transient_environment === true,
    creator: grant.actor,
    createdAt: now,
    updatedAt: now,
    statuses: [],
  };
  state.deployments.push(made);
  return ok(deploymentShape(made, request), 201);
}

function getOne(request: ApiRequest) {
  const found = find(request);
  return found === undefined ? notFound() : ok(deploymentShape(found, request));
}

function listStatuses(request: ApiRequest) {
  const found = find(request);
  if (found === undefined) return notFound();
  const newestFirst = pageOf(found.statuses.toReversed(), request.query);
  return ok(newestFirst.map((status) => statusShape(status, found, request)));
}

function addStatus(request: ApiRequest) {
  const { state, body, grant } = request;
  const found = find(request);
  if (found === undefined) return notFound();
  if (typeof body.state !== "string" || !states.includes(body.state)) {
    return invalid("DeploymentStatus", "state", "invalid");
  }
  const made: DeploymentStatusState = {
    id: state.nextId(),
    state: body.state,
    description: text(body.description, ""),
    environment: text(body.environment, found.environment),
    environmentUrl: text(body.environment_url, ""),
    logUrl: text(body.log_url, text(body.target_url, "")),
    creator: grant.actor,
    createdAt: state.now(),
  };
  if (made.state === "success" && body.auto_inactive !== false) retireOlder(request, found);
  found.statuses.push(made);
  found.updatedAt = made.createdAt;
  return ok(statusShape(made, found, request), 201);
}

// GitHub marks older, non-transient deployments of the same environment inactive when a new one succeeds.
function retireOlder({ state, grant }: ApiRequest, newest: DeploymentState): void {
  for (const older of state.deployments) {
    const isSame = older.environment === newest.environment && older.id < newest.id && !older.isTransient;
    const last = older.statuses.at(-1);
    if (!isSame || last?.state !== "success") continue;
    const change = { id: state.nextId(), state: "inactive", creator: grant.actor, createdAt: state.now() };
    older.statuses.push({ ...last, ...change });
  }
}

function find({ state, params }: ApiRequest): DeploymentState | undefined {
  return state.deployments.find((deployment) => deployment.id === Number(params.deployment_id));
}

function text(value: unknown, fallback: string): string {
  return typeof value === "string" ? value : fallback;
}

/** A deployment as GitHub shows it. */
export function deploymentShape(deployment: DeploymentState, { state, apiUrl }: ApiRequest) {
  const { api } = linksOf(state, apiUrl);
  const url = `${api}/deployments/${deployment.id}`;
  return {
    id: deployment.id,
    node_id: nodeId("Deployment", deployment.id),
    sha: deployment.sha,
    ref: deployment.ref,
    task: deployment.task,
    payload: deployment.payload,
    original_environment: deployment.environment,
    environment: deployment.environment,
    description: deployment.description,
    creator: userShape(state, deployment.creator, apiUrl),
    created_at: deployment.createdAt,
    updated_at: deployment.updatedAt,
    statuses_url: `${url}/statuses`,
    repository_url: api,
    url,
    transient_environment: deployment.isTransient,
    production_environment: deployment.isProduction,
  };
}

function statusShape(
  status: DeploymentStatusState,
  deployment: DeploymentState,
  { state, apiUrl }: ApiRequest,
) {
  const { api } = linksOf(state, apiUrl);
  const url = `${api}/deployments/${deployment.id}`;
  return {
    id: status.id,
    node_id: nodeId("DeploymentStatus", status.id),
    url: `${url}/statuses/${status.id}`,
    state: status.state,
    creator: userShape(state, status.creator, apiUrl),
    description: status.description,
    environment: status.environment,
    target_url: status.logUrl,
    // An address that nobody gave is left out: an empty one is none.
    ...(status.logUrl === "" ? {} : { log_url: status.logUrl }),
    ...(status.environmentUrl === "" ? {} : { environment_url: status.environmentUrl }),
    deployment_url: url,
    repository_url: api,
    created_at: status.createdAt,
    updated_at: status.createdAt,
  };
}
