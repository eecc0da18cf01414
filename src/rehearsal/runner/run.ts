import { ConfigError, messageOf } from "../../core/errors.ts";
import { type RunState, userId } from "../github/state.ts";
import { dispatchInputs } from "./call-inputs.ts";
import type { JobConclusion, JobResult, PlannedJobView, RunResult } from "./events.ts";
import { evaluateNodeText, type Json, type Scope } from "./expressions.ts";
import { holdSlot } from "./held-slot.ts";
import { combineResults } from "./job-outcome.ts";
import type { PlannedWorkflow } from "./plan.ts";
import { refuseOtherEvent } from "./planned-event.ts";
import { Planner } from "./planner.ts";
import { Refusals } from "./refusals.ts";
import { githubContext, RunContext } from "./run-context.ts";
import type { RunOptions } from "./run-options.ts";
import { commitSource, folderSource, type Sources } from "./source.ts";
import { runJobs } from "./workflow-run.ts";

/** A run that has begun. */
export interface StartedRun {
  readonly runId: number;
  readonly result: Promise<RunResult>;
  /** What "Cancel workflow" does. */
  cancel(reason: string): void;
  /** Kills the whole process tree of a running job, as a machine that goes away; known by its path. */
  loseRunner(job: string): void;
}

/** Runs a workflow to its end; throws a RefusedError before anything has run. */
export async function runWorkflow(options: RunOptions): Promise<RunResult> {
  const started = await startWorkflow(options);
  return started.result;
}

/** Checks a workflow and everything it calls, then starts it. */
export async function startWorkflow(options: RunOptions): Promise<StartedRun> {
  const { sources, plan } = await planWorkflow(options);
  const isDispatch = options.event.name === "workflow_dispatch";
  const inputs = isDispatch ? dispatchInputs(plan.file.dispatchInputs, options.inputs ?? {}) : {};
  const run = openRun(options, sources, plan);
  const context = new RunContext(options, sources, run);
  context.emit({ kind: "run-started", runId: run.id, attempt: run.attempt, jobs: viewJobs(plan, "") });
  const abort = () => context.cancel("the run was cancelled by its user");
  options.signal?.addEventListener("abort", abort);
  const result = runToEnd(context, plan, inputs).finally(() =>
    options.signal?.removeEventListener("abort", abort),
  );
  if (options.signal?.aborted === true) abort();
  return {
    runId: run.id,
    result,
    cancel: (reason) => context.cancel(reason),
    loseRunner: (job) => {
      const control = context.controls.get(job);
      if (control === undefined) throw new ConfigError(`No job "${job}" is running`);
      control.lose();
    },
  };
}

/** Reads and checks a workflow without starting it; throws a RefusedError with every reason. */
export async function planWorkflow(
  options: Pick<
    RunOptions,
    "sluiceRoot" | "sluiceRepository" | "sluiceRef" | "app" | "workflow" | "event" | "defaultPermissions"
  >,
): Promise<{ readonly sources: Sources; readonly plan: PlannedWorkflow }> {
  const { app, workflow, event } = options;
  const sources: Sources = {
    sluice: folderSource(
      options.sluiceRoot,
      options.sluiceRepository,
      options.sluiceRef ?? "refs/heads/main",
    ),
    app: commitSource(app.folder, app.repository, {
      ref: app.ref ?? "refs/heads/main",
      ...(app.sha && { sha: app.sha }),
    }),
  };
  const refusals = new Refusals();
  const plan = await new Planner(sources, refusals).planTop(workflow, options.defaultPermissions);
  if (plan !== undefined) refuseOtherEvent(plan.file, { event: event.name, ref: sources.app.ref }, refusals);
  refusals.throwIfAny();
  if (plan === undefined) throw new ConfigError(`${workflow} cannot be read`);
  return { sources, plan };
}

function openRun(options: RunOptions, sources: Sources, plan: PlannedWorkflow): RunState {
  const { state } = options.github;
  const { rerunFailedOf, actor = "developer" } = options;
  const known = rerunFailedOf === undefined ? undefined : state.runs.get(rerunFailedOf.runId);
  if (known !== undefined) {
    Object.assign(known, {
      attempt: known.attempt + 1,
      status: "in_progress",
      conclusion: null,
      updatedAt: state.now(),
    });
    return known;
  }
  userId(state, actor);
  const { sha, ref } = sources.app;
  const now = state.now();
  const made: RunState = {
    id: state.nextId(),
    number: state.runs.size + 1,
    attempt: 1,
    name: plan.file.name,
    title: plan.file.name,
    path: plan.file.path,
    event: options.event.name,
    headSha: sha,
    headBranch: ref.replace(/^refs\/(heads|tags)\//, ""),
    actor,
    status: "in_progress",
    conclusion: null,
    createdAt: now,
    updatedAt: now,
    approvals: [],
    pending: [],
    jobs: [],
  };
  state.runs.set(made.id, made);
  return made;
}

async function runToEnd(context: RunContext, plan: PlannedWorkflow, inputs: Record<string, Json>) {
  const startedAt = new Date();
  const { run, options } = context;
  const scope: Scope = { contexts: { github: githubContext(context), inputs, vars: { ...options.vars } } };
  let jobs: readonly JobResult[] = [];
  let conclusion: JobConclusion = "failure";
  try {
    nameRun(context, plan, scope);
    const onWaiting = (reason: string) =>
      context.emit({ kind: "job-waiting", job: "", reason, at: new Date() });
    const wish = { node: plan.file.concurrency, scope, holder: run.name, groups: [], onWaiting };
    const slot = await holdSlot(context, wish);
    if (slot.kind === "cancelled") {
      conclusion = "cancelled";
      context.annotate("", { level: "error", message: slot.reason });
    } else {
      jobs = await runAll(context, plan, { inputs, groups: slot.groups }).finally(slot.release);
      const combined = combineResults(jobs.map((job) => job.result));
      conclusion = context.isCancelled && combined !== "failure" ? "cancelled" : combined;
    }
  } catch (thrown) {
    context.annotate("", { level: "error", message: messageOf(thrown) });
  }
  context.close();
  return endRun(context, { jobs, conclusion, startedAt });
}

async function runAll(
  context: RunContext,
  plan: PlannedWorkflow,
  { inputs, groups }: { inputs: Record<string, Json>; groups: readonly string[] },
): Promise<readonly JobResult[]> {
  const { rerunFailedOf, secrets = {} } = context.options;
  const previous = new Map(flatten(rerunFailedOf?.jobs ?? []).map((job) => [job.path, job]));
  const base = { context, file: plan.file, inputs, secrets, groups, previous };
  const { jobs } = await runJobs(plan, { ...base, givesEnvironmentSecrets: true, prefix: "", label: "" });
  return jobs;
}

function flatten(jobs: readonly JobResult[]): readonly JobResult[] {
  return jobs.flatMap((job) => [job, ...flatten(job.jobs)]);
}

function nameRun({ run }: RunContext, plan: PlannedWorkflow, scope: Scope): void {
  const title = plan.file.runName === undefined ? "" : evaluateNodeText(plan.file.runName, scope);
  if (title !== "") Object.assign(run, { title });
}

function endRun(
  context: RunContext,
  { jobs, conclusion, startedAt }: { jobs: readonly JobResult[]; conclusion: JobConclusion; startedAt: Date },
): RunResult {
  const { run, options } = context;
  Object.assign(run, { status: "completed", conclusion, updatedAt: options.github.state.now() });
  const result: RunResult = {
    runId: run.id,
    attempt: run.attempt,
    workflow: run.path,
    event: run.event,
    sha: run.headSha,
    conclusion,
    startedAt,
    endedAt: new Date(),
    jobs,
    artifacts: options.github.artifacts.list(run.id),
    annotations: context.annotations,
  };
  context.emit({ kind: "run-ended", result, at: result.endedAt });
  return result;
}

function viewJobs(plan: PlannedWorkflow, prefix: string): readonly PlannedJobView[] {
  return plan.jobs.flatMap((job) => {
    const path = prefix + job.syntax.id;
    const needs = job.syntax.needs.map((id) => prefix + id);
    const inner = job.kind === "call" ? viewJobs(job.callee, `${path}/`) : [];
    const workflow = job.kind === "call" ? job.callee.file.path : plan.file.path;
    return [{ path, needs, kind: job.kind, workflow }, ...inner];
  });
}
