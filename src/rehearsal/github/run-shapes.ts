import { readCommit } from "./git-history.ts";
import type { ApiRequest } from "./router.ts";
import { linksOf, minimalRepository, nodeId, userShape } from "./shapes.ts";
import { type ArtifactState, findEnvironment, type JobState, type RunState } from "./state.ts";

/** A run as GitHub shows it. */
export function runShape(run: RunState, request: ApiRequest) {
  const { state, apiUrl } = request;
  const { api, web } = linksOf(state, apiUrl);
  const url = `${api}/actions/runs/${run.id}`;
  const repository = minimalRepository(state, apiUrl);
  const actor = userShape(state, run.actor, apiUrl);
  return {
    id: run.id,
    name: run.name,
    node_id: nodeId("WorkflowRun", run.id),
    check_suite_id: run.id,
    check_suite_node_id: nodeId("CheckSuite", run.id),
    head_branch: run.headBranch,
    head_sha: run.headSha,
    path: run.path,
    display_title: run.title,
    run_number: run.number,
    run_attempt: run.attempt,
    event: run.event,
    status: run.status,
    conclusion: run.conclusion,
    workflow_id: workflowId(run.path),
    url,
    html_url: `${web}/actions/runs/${run.id}`,
    pull_requests: [],
    created_at: run.createdAt,
    updated_at: run.updatedAt,
    run_started_at: run.createdAt,
    actor,
    triggering_actor: actor,
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${api}/check-suites/${run.id}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: run.attempt > 1 ? `${url}/attempts/${run.attempt - 1}` : null,
    workflow_url: `${api}/actions/workflows/${workflowId(run.path)}`,
    head_commit: headCommit(run, request),
    repository,
    head_repository: repository,
  };
}

/** A number for a workflow file, stable within a run of the stand-in. */
function workflowId(path: string): number {
  return [...path].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_003, 7);
}

function headCommit(run: RunState, { state }: ApiRequest) {
  const commit = readCommit(state.repository.folder, run.headSha);
  const author = {
    name: commit?.authorName ?? run.actor,
    email: commit?.authorEmail ?? "unknown@example.com",
  };
  return {
    id: run.headSha,
    tree_id: commit?.tree ?? run.headSha,
    message: commit?.message ?? "",
    timestamp: commit?.authoredAt ?? run.createdAt,
    author,
    committer: author,
  };
}

/** A job as GitHub shows it. */
export function jobShape(job: JobState, run: RunState, { state, apiUrl }: ApiRequest) {
  const { api, web } = linksOf(state, apiUrl);
  return {
    id: job.id,
    run_id: run.id,
    run_url: `${api}/actions/runs/${run.id}`,
    run_attempt: job.attempt,
    node_id: nodeId("CheckRun", job.id),
    head_sha: run.headSha,
    head_branch: run.headBranch,
    workflow_name: run.name,
    url: `${api}/actions/jobs/${job.id}`,
    html_url: `${web}/actions/runs/${run.id}/job/${job.id}`,
    check_run_url: `${api}/check-runs/${job.id}`,
    status: job.status,
    conclusion: job.conclusion,
    created_at: job.createdAt,
    started_at: job.startedAt,
    completed_at: job.completedAt,
    name: job.name,
    labels: ["rehearsal"],
    runner_id: 1,
    runner_name: "rehearsal",
    runner_group_id: 1,
    runner_group_name: "rehearsal",
    steps: job.steps.map((step) => ({
      number: step.number,
      name: step.name,
      status: step.status,
      conclusion: step.conclusion,
      started_at: step.startedAt,
      completed_at: step.completedAt,
    })),
  };
}

/** An artifact as GitHub shows it. */
export function artifactShape(artifact: ArtifactState, { state, apiUrl }: ApiRequest) {
  const { api } = linksOf(state, apiUrl);
  const url = `${api}/actions/artifacts/${artifact.id}`;
  const run = state.runs.get(artifact.runId);
  return {
    id: artifact.id,
    node_id: nodeId("Artifact", artifact.id),
    name: artifact.name,
    size_in_bytes: artifact.bytes,
    url,
    archive_download_url: `${url}/zip`,
    expired: false,
    digest: artifact.digest,
    created_at: artifact.createdAt,
    expires_at: artifact.expiresAt,
    updated_at: artifact.createdAt,
    workflow_run: {
      id: artifact.runId,
      repository_id: state.repository.id,
      head_repository_id: state.repository.id,
      head_branch: run?.headBranch ?? state.repository.defaultBranch,
      head_sha: run?.headSha ?? "",
    },
  };
}

/** An environment as other objects point at it. */
export function environmentReference(name: string, { state, apiUrl }: ApiRequest) {
  const { api, web } = linksOf(state, apiUrl);
  const found = findEnvironment(state, name);
  const id = found?.id ?? 0;
  const createdAt = found?.createdAt ?? state.repository.createdAt;
  return {
    id,
    node_id: nodeId("Environment", id),
    name,
    url: `${api}/environments/${encodeURIComponent(name)}`,
    html_url: `${web}/deployments/activity_log?environments_filter=${encodeURIComponent(name)}`,
    created_at: createdAt,
    updated_at: createdAt,
  };
}
