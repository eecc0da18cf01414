import { messageOf } from "../../core/errors.ts";
import { runCallJob } from "./call-run.ts";
import type { JobConclusion, JobResult } from "./events.ts";
import { evaluateCondition, evaluateNode, evaluateNodeText, type Json, type Scope } from "./expressions.ts";
import { runGatedJob } from "./gated-job.ts";
import { combineResults, type JobOutcome, jobStatus, needsContext } from "./job-outcome.ts";
import type { CallSetting } from "./job-setting.ts";
import type { JobTurn, WorkflowEnd } from "./job-turn.ts";
import { expandMatrix, type MatrixEntry, matrixSuffix } from "./matrix.ts";
import { child } from "./node.ts";
import type { PlannedJob, PlannedWorkflow } from "./plan.ts";
import { githubContext } from "./run-context.ts";

/** Runs the jobs of one workflow, each as soon as what it needs has ended. */
export async function runJobs(plan: PlannedWorkflow, call: CallSetting): Promise<WorkflowEnd> {
  return new WorkflowRun(plan, call).run();
}

class WorkflowRun {
  readonly #plan: PlannedWorkflow;
  readonly #call: CallSetting;
  readonly #started = new Map<string, Promise<JobOutcome>>();
  readonly #results: JobResult[] = [];

  constructor(plan: PlannedWorkflow, call: CallSetting) {
    this.#plan = plan;
    this.#call = call;
  }

  async run(): Promise<WorkflowEnd> {
    const outcomes = new Map<string, JobOutcome>();
    await Promise.all(
      this.#plan.jobs.map(async (job) => outcomes.set(job.syntax.id, await this.#outcome(job.syntax.id))),
    );
    const order = this.#plan.jobs.map((job) => this.#call.prefix + job.syntax.id);
    const place = (result: JobResult) =>
      order.findIndex((path) => result.path === path || result.path.startsWith(`${path} (`));
    return { jobs: this.#results.toSorted((left, right) => place(left) - place(right)), outcomes };
  }

  #outcome(id: string): Promise<JobOutcome> {
    const known = this.#started.get(id);
    if (known !== undefined) return known;
    const job = this.#plan.jobs.find((one) => one.syntax.id === id);
    const skipped: JobOutcome = { result: "skipped", outputs: {}, lineage: ["skipped"], isReused: false };
    const started = job === undefined ? Promise.resolve(skipped) : this.#runJob(job);
    this.#started.set(id, started);
    return started;
  }

  async #runJob(job: PlannedJob): Promise<JobOutcome> {
    const { context, prefix, previous } = this.#call;
    const ids = job.syntax.needs;
    const ended = await Promise.all(ids.map(async (id) => [id, await this.#outcome(id)] as const));
    const needs = new Map(ended);
    const before = ended.map(([, outcome]) => outcome);
    const mayReuse = before.every((outcome) => outcome.isReused);
    const path = prefix + job.syntax.id;
    const known = previous.get(path);
    if (known?.result === "success" && mayReuse) return this.#reuse(known, before);
    const queuedAt = new Date();
    context.emit({ kind: "job-queued", job: path, at: queuedAt });
    const scope = this.#scope(needs, before);
    const turns = this.#turns(job, { needs: needsContext(needs), scope, queuedAt, mayReuse });
    const results = await Promise.all(
      typeof turns === "string"
        ? [this.#closed(job, queuedAt, { problem: turns })]
        : turns.map((turn) => this.#take(job, turn)),
    );
    this.#results.push(...results);
    const result = combineResults(results.map((one) => one.result));
    const outputs = Object.assign({}, ...results.map((one) => one.outputs)) as Record<string, string>;
    return { result, outputs, lineage: [...before.flatMap((one) => one.lineage), result], isReused: false };
  }

  #reuse(known: JobResult, before: readonly JobOutcome[]): JobOutcome {
    this.#results.push({ ...known, isReused: true });
    const lineage: JobConclusion[] = [...before.flatMap((one) => one.lineage), known.result];
    return { result: known.result, outputs: known.outputs, lineage, isReused: true };
  }

  #scope(needs: ReadonlyMap<string, JobOutcome>, before: readonly JobOutcome[]): Scope {
    const { context, inputs } = this.#call;
    const contexts: Record<string, Json> = {
      github: githubContext(context),
      vars: { ...context.options.vars },
      inputs: { ...inputs },
      needs: needsContext(needs),
    };
    return { contexts, status: jobStatus(before, context.isCancelled) };
  }

  // A sentence when the job cannot start; no turns when its condition does not hold.
  #turns(
    job: PlannedJob,
    base: Pick<JobTurn, "needs" | "scope" | "queuedAt" | "mayReuse">,
  ): readonly JobTurn[] | string {
    try {
      if (!evaluateCondition(job.syntax.condition, base.scope)) return "";
      const node = child(job.syntax.strategy, "matrix");
      const entries = node === undefined ? [{}] : expandMatrix(evaluateNode(node, base.scope));
      if (entries === undefined) return "matrix must be a mapping of lists with 1 to 256 combinations";
      return entries.map((entry, index) => this.#turn(job, entry, { ...base, index, total: entries.length }));
    } catch (thrown) {
      return messageOf(thrown);
    }
  }

  #turn(
    job: PlannedJob,
    entry: MatrixEntry,
    {
      index,
      total,
      ...base
    }: Pick<JobTurn, "needs" | "scope" | "queuedAt" | "mayReuse"> & { index: number; total: number },
  ): JobTurn {
    const strategy = { "fail-fast": false, "job-index": index, "job-total": total, "max-parallel": total };
    const isMatrix = Object.keys(entry).length > 0;
    const matrix = isMatrix ? entry : null;
    const scope: Scope = { ...base.scope, contexts: { ...base.scope.contexts, matrix, strategy } };
    const { id, name } = job.syntax;
    const shown = name === undefined ? id + matrixSuffix(entry) : evaluateNodeText(name, scope);
    return {
      ...base,
      path: this.#call.prefix + id + matrixSuffix(entry),
      name: this.#call.label === "" ? shown : `${this.#call.label} / ${shown}`,
      matrix,
      strategy,
      scope,
    };
  }

  async #take(job: PlannedJob, turn: JobTurn): Promise<JobResult> {
    try {
      return await (job.kind === "call"
        ? runCallJob({ job, turn, call: this.#call }, runJobs)
        : runGatedJob(job, turn, this.#call));
    } catch (thrown) {
      return this.#closed(job, turn.queuedAt, { problem: messageOf(thrown), turn });
    }
  }

  #closed(
    job: PlannedJob,
    queuedAt: Date,
    { problem, turn }: { problem: string; turn?: JobTurn },
  ): JobResult {
    const { context, prefix, file } = this.#call;
    const now = new Date();
    const path = turn?.path ?? prefix + job.syntax.id;
    const annotations = problem === "" ? [] : [{ level: "error" as const, message: problem }];
    for (const annotation of annotations) context.annotate(path, annotation);
    const result: JobResult = {
      path,
      name: turn?.name ?? job.syntax.id,
      kind: job.kind,
      workflow: file.path,
      needs: job.syntax.needs.map((id) => prefix + id),
      result: problem === "" ? "skipped" : "failure",
      outputs: {},
      queuedAt,
      startedAt: now,
      endedAt: now,
      isReused: false,
      steps: [],
      jobs: [],
      annotations,
    };
    context.emit({ kind: "job-ended", job: path, result, at: now });
    return result;
  }
}
