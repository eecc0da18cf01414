import { type ApiRequest, invalid, notFound, ok, pageOf, type Route } from "./router.ts";
import { deploymentShape } from "./routes-deployments.ts";
import { artifactShape, environmentReference, jobShape, runShape } from "./run-shapes.ts";
import { userShape } from "./shapes.ts";
import { findEnvironment, type PendingDeployment, type RunState } from "./state.ts";

const runs = "/repos/{owner}/{repo}/actions/runs";
const one = `${runs}/{run_id}`;
const read = ["actions", "read"] as const;

/** Runs, their jobs, approvals and artifacts. */
export const runRoutes: readonly Route[] = [
  { method: "GET", path: runs, needs: read, handle: listRuns },
  {
    method: "GET",
    path: one,
    needs: read,
    handle: (request) => withRun(request, (run) => ok(runShape(run, request))),
  },
  { method: "GET", path: `${one}/approvals`, needs: read, handle: listApprovals },
  { method: "GET", path: `${one}/pending_deployments`, needs: read, handle: listPending },
  { method: "POST", path: `${one}/pending_deployments`, needs: ["deployments", "write"], handle: review },
  { method: "GET", path: `${one}/jobs`, needs: read, handle: listJobs },
  { method: "GET", path: `${one}/attempts/{attempt_number}/jobs`, needs: read, handle: listJobs },
  { method: "GET", path: `${one}/artifacts`, needs: read, handle: listArtifacts },
  {
    method: "GET",
    path: "/repos/{owner}/{repo}/actions/artifacts/{artifact_id}",
    needs: read,
    handle: getArtifact,
  },
];

function withRun(request: ApiRequest, answer: (run: RunState) => ReturnType<typeof ok>) {
  const run = request.state.runs.get(Number(request.params.run_id));
  return run === undefined ? notFound() : answer(run);
}

function listRuns(request: ApiRequest) {
  const status = request.query.get("status");
  const matching = [...request.state.runs.values()]
    .filter((run) => status === null || run.status === status || run.conclusion === status)
    .reverse();
  const workflow_runs = pageOf(matching, request.query).map((run) => runShape(run, request));
  return ok({ total_count: matching.length, workflow_runs });
}

function listApprovals(request: ApiRequest) {
  return withRun(request, (run) =>
    ok(
      run.approvals.map((approval) => ({
        environments: approval.environments.map((name) => environmentReference(name, request)),
        state: approval.state,
        user: userShape(request.state, approval.user, request.apiUrl),
        comment: approval.comment,
      })),
    ),
  );
}

function listPending(request: ApiRequest) {
  return withRun(request, (run) => ok(run.pending.map((pending) => pendingShape(pending, request))));
}

function pendingShape({ environment: name, waitingSince }: PendingDeployment, request: ApiRequest) {
  const { id, node_id, url, html_url } = environmentReference(name, request);
  const logins = findEnvironment(request.state, name)?.reviewers ?? [];
  return {
    environment: { id, node_id, name, url, html_url },
    wait_timer: 0,
    wait_timer_started_at: waitingSince,
    current_user_can_approve: logins.includes(request.grant.actor),
    reviewers: logins.map((login) => ({
      type: "User",
      reviewer: userShape(request.state, login, request.apiUrl),
    })),
  };
}

function review(request: ApiRequest) {
  const { environment_ids: ids, state: answer, comment } = request.body;
  if (!Array.isArray(ids) || typeof comment !== "string")
    return invalid("PendingDeployment", "environment_ids");
  if (answer !== "approved" && answer !== "rejected") return invalid("PendingDeployment", "state", "invalid");
  return withRun(request, (run) => {
    const wanted = run.pending.filter(({ environment }) =>
      ids.includes(findEnvironment(request.state, environment)?.id),
    );
    const isReviewer = wanted.every(({ environment }) =>
      findEnvironment(request.state, environment)?.reviewers?.includes(request.grant.actor),
    );
    if (wanted.length === 0 || !isReviewer) return invalid("PendingDeployment", "environment_ids", "invalid");
    for (const pending of wanted) pending.answer({ state: answer, user: request.grant.actor, comment });
    const names = wanted.map(({ environment }) => environment);
    const deployments = request.state.deployments.filter(({ environment }) => names.includes(environment));
    return ok(deployments.map((deployment) => deploymentShape(deployment, request)));
  });
}

function listJobs(request: ApiRequest) {
  return withRun(request, (run) => {
    const asked = request.params.attempt_number;
    const attempt = asked === undefined ? run.attempt : Number(asked);
    const isAll = asked === undefined && request.query.get("filter") === "all";
    const jobs = run.jobs.filter((job) => isAll || job.attempt === attempt);
    const page = pageOf(jobs, request.query).map((job) => jobShape(job, run, request));
    return ok({ total_count: jobs.length, jobs: page });
  });
}

function listArtifacts(request: ApiRequest) {
  return withRun(request, (run) => {
    const name = request.query.get("name");
    const all = request.state.artifacts.filter((artifact) => artifact.runId === run.id);
    const matching = all.filter((artifact) => name === null || artifact.name === name);
    const artifacts = pageOf(matching, request.query).map((artifact) => artifactShape(artifact, request));
    return ok({ total_count: matching.length, artifacts });
  });
}

function getArtifact(request: ApiRequest) {
  const found = request.state.artifacts.find(
    (artifact) => artifact.id === Number(request.params.artifact_id),
  );
  return found === undefined ? notFound() : ok(artifactShape(found, request));
}
