import { messageOf } from "../../core/errors.ts";
import type { DeploymentState, EnvironmentState, JobState } from "../github/state.ts";
import { type GateAnswer, passGate } from "./environments.ts";
import type { Annotation, JobResult } from "./events.ts";
import { evaluateNode, evaluateNodeText } from "./expressions.ts";
import { holdSlot } from "./held-slot.ts";
import { type JobEnd, JobRun } from "./job-run.ts";
import type { CallSetting, JobSetting } from "./job-setting.ts";
import type { JobTurn } from "./job-turn.ts";
import { child } from "./node.ts";
import { optional } from "./optional.ts";
import type { PlannedStepsJob } from "./plan.ts";

interface GatedEnd {
  readonly end: Pick<JobEnd, "result" | "outputs" | "steps" | "annotations">;
  readonly startedAt: Date;
  readonly environment?: string;
  readonly approvedBy?: string;
}

/** Runs a job with steps once its slot is free and its environment lets it through. */
export async function runGatedJob(
  job: PlannedStepsJob,
  turn: JobTurn,
  call: CallSetting,
): Promise<JobResult> {
  const { context, prefix, file } = call;
  const api = context.openJob(turn.name);
  const { end, startedAt, environment, approvedBy } = await inSlot(job, turn, { call, api }).catch(
    (thrown: unknown) => stopped("failure", problem(context, turn, messageOf(thrown))),
  );
  const result: JobResult = {
    path: turn.path,
    name: turn.name,
    kind: "steps",
    workflow: file.path,
    needs: job.syntax.needs.map((id) => prefix + id),
    result: end.result,
    outputs: end.outputs,
    queuedAt: turn.queuedAt,
    startedAt,
    endedAt: new Date(),
    ...optional("environment", environment),
    ...optional("approvedBy", approvedBy),
    isReused: false,
    steps: end.steps,
    jobs: [],
    annotations: end.annotations,
  };
  api.status = "completed";
  api.conclusion = result.result;
  api.completedAt = context.options.github.state.now();
  context.annotations.push(...end.annotations);
  context.emit({ kind: "job-ended", job: turn.path, result, at: result.endedAt });
  return result;
}

interface Where {
  readonly call: CallSetting;
  readonly api: JobState;
}

async function inSlot(job: PlannedStepsJob, turn: JobTurn, where: Where): Promise<GatedEnd> {
  const { context, groups } = where.call;
  const onWaiting = (reason: string) => {
    where.api.status = "waiting";
    context.emit({ kind: "job-waiting", job: turn.path, reason, at: new Date() });
  };
  const slot = await holdSlot(context, {
    node: job.syntax.concurrency,
    scope: turn.scope,
    holder: turn.name,
    groups,
    onWaiting,
  });
  if (slot.kind === "cancelled") return stopped("cancelled", { level: "error", message: slot.reason });
  try {
    const alien = alienLabel(job, turn);
    if (alien !== undefined) return stopped("failure", problem(context, turn, alien));
    const name = environmentName(job, turn);
    if (name === "") return await runSteps(job, turn, { ...where, gate: undefined });
    const makesDeployment = wantsDeployment(job, turn);
    const gate = await passGate(context, { environment: name, makesDeployment, job: turn.path, onWaiting });
    if (gate.kind === "open") return await runSteps(job, turn, { ...where, gate });
    if (gate.kind === "cancelled") return { ...stopped("cancelled"), environment: name };
    return { ...stopped("failure", problem(context, turn, gate.reason)), environment: name };
  } finally {
    slot.release();
  }
}

// Every job runs on this machine, whatever its label; but not on another kind of machine.
function alienLabel(job: PlannedStepsJob, turn: JobTurn): string | undefined {
  if (job.syntax.runsOn === undefined) return undefined;
  const labels = JSON.stringify(evaluateNode(job.syntax.runsOn, turn.scope));
  return /windows|macos/i.test(labels)
    ? `runs-on ${labels} is not modelled by the rehearsal: it runs on Linux`
    : undefined;
}

function problem(context: CallSetting["context"], turn: JobTurn, message: string): Annotation {
  const annotation: Annotation = { level: "error", message };
  context.emit({ kind: "annotation", job: turn.path, annotation, at: new Date() });
  return annotation;
}

function stopped(result: "failure" | "cancelled", ...annotations: Annotation[]): GatedEnd {
  return { end: { result, outputs: {}, steps: [], annotations }, startedAt: new Date() };
}

function environmentName(job: PlannedStepsJob, turn: JobTurn): string {
  const { environment } = job.syntax;
  return evaluateNodeText(child(environment, "name") ?? environment, turn.scope);
}

function wantsDeployment(job: PlannedStepsJob, turn: JobTurn): boolean {
  const node = child(job.syntax.environment, "deployment");
  return node === undefined || evaluateNode(node, turn.scope) !== false;
}

async function runSteps(
  job: PlannedStepsJob,
  turn: JobTurn,
  { call, api, gate }: Where & { gate: (GateAnswer & { kind: "open" }) | undefined },
): Promise<GatedEnd> {
  const { context } = call;
  const { path, name, needs, matrix, strategy } = turn;
  const environment = gate?.environment;
  const url = child(job.syntax.environment, "url");
  const setting: JobSetting = {
    ...{ call, planned: job, path, name, needs, matrix, strategy, api },
    ...optional("environment", environment),
    ...optional("environmentUrl", url),
  };
  const startedAt = new Date();
  api.status = "in_progress";
  api.startedAt = context.options.github.state.now();
  context.emit({
    kind: "job-started",
    job: path,
    name,
    ...optional("environment", environment?.name),
    at: startedAt,
  });
  const makesDeployment = environment !== undefined && wantsDeployment(job, turn);
  const deployment = makesDeployment ? openDeployment(call, environment) : undefined;
  const end = await new JobRun(setting).run();
  if (deployment !== undefined) closeDeployment(call, deployment, end);
  return {
    end,
    startedAt,
    ...optional("environment", environment?.name),
    ...optional("approvedBy", gate?.approvedBy),
  };
}

// GitHub makes a deployment for a job with an environment unless the job says `deployment: false`.
function openDeployment({ context }: CallSetting, environment: EnvironmentState): DeploymentState {
  const { state } = context.options.github;
  const now = state.now();
  const made: DeploymentState = {
    id: state.nextId(),
    sha: context.sources.app.sha,
    ref: context.sources.app.ref.replace(/^refs\/(heads|tags)\//, ""),
    task: "deploy",
    payload: {},
    environment: environment.name,
    description: null,
    isProduction: false,
    isTransient: false,
    creator: context.run.actor,
    createdAt: now,
    updatedAt: now,
    statuses: [],
  };
  state.deployments.push(made);
  addStatus(context, made, { state: "in_progress", environmentUrl: "" });
  return made;
}

function closeDeployment({ context }: CallSetting, deployment: DeploymentState, end: JobEnd): void {
  const state = end.result === "success" ? "success" : "failure";
  addStatus(context, deployment, { state, environmentUrl: end.environmentUrl });
}

function addStatus(
  { options, run }: CallSetting["context"],
  deployment: DeploymentState,
  status: { state: string; environmentUrl: string },
): void {
  const { state } = options.github;
  const { environment } = deployment;
  const base = { id: state.nextId(), description: "", environment, logUrl: "", creator: run.actor };
  deployment.statuses.push({ ...base, ...status, createdAt: state.now() });
}
