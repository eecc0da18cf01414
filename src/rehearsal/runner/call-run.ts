import { callInputs } from "./call-inputs.ts";
import type { JobConclusion, JobResult } from "./events.ts";
import { evaluateNodeText, evaluateTexts, type Json, type Scope } from "./expressions.ts";
import { holdSlot } from "./held-slot.ts";
import { combineResults, type JobOutcome } from "./job-outcome.ts";
import type { CallSetting } from "./job-setting.ts";
import type { JobTurn, RunJobs, WorkflowEnd } from "./job-turn.ts";
import { child, literalText } from "./node.ts";
import type { PlannedCallJob } from "./plan.ts";
import { githubContext } from "./run-context.ts";

/** A job that calls a workflow, and the workflow it stands in. */
export interface Caller {
  readonly job: PlannedCallJob;
  readonly turn: JobTurn;
  readonly call: CallSetting;
}

interface CallEnd {
  readonly result: JobConclusion;
  readonly outputs: Readonly<Record<string, string>>;
  readonly jobs: readonly JobResult[];
  readonly problem?: string;
}

/** Runs the workflow that a job calls; both may wait for a slot of their own. */
export async function runCallJob(caller: Caller, runJobs: RunJobs): Promise<JobResult> {
  const { job, turn, call } = caller;
  const startedAt = new Date();
  const { context, prefix } = call;
  context.emit({ kind: "job-started", job: turn.path, name: turn.name, at: startedAt });
  const end = await inSlots(caller, runJobs);
  const annotations = end.problem === undefined ? [] : [{ level: "error" as const, message: end.problem }];
  for (const annotation of annotations) context.annotate(turn.path, annotation);
  const result: JobResult = {
    path: turn.path,
    name: turn.name,
    kind: "call",
    workflow: job.callee.file.path,
    needs: job.syntax.needs.map((id) => prefix + id),
    result: end.result,
    outputs: end.outputs,
    queuedAt: turn.queuedAt,
    startedAt,
    endedAt: new Date(),
    isReused: false,
    steps: [],
    jobs: end.jobs,
    annotations,
  };
  context.emit({ kind: "job-ended", job: turn.path, result, at: result.endedAt });
  return result;
}

async function inSlots({ job, turn, call }: Caller, runJobs: RunJobs): Promise<CallEnd> {
  const { context } = call;
  const onWaiting = (reason: string) =>
    context.emit({ kind: "job-waiting", job: turn.path, reason, at: new Date() });
  const wish = { holder: turn.name, onWaiting };
  const own = await holdSlot(context, {
    ...wish,
    node: job.syntax.concurrency,
    scope: turn.scope,
    groups: call.groups,
  });
  if (own.kind === "cancelled") return { result: "cancelled", outputs: {}, jobs: [], problem: own.reason };
  try {
    const setting = calleeSetting(job, turn, { ...call, groups: own.groups });
    const scope = calleeScope(setting);
    const slot = await holdSlot(context, {
      ...wish,
      node: job.callee.file.concurrency,
      scope,
      groups: own.groups,
    });
    if (slot.kind === "cancelled")
      return { result: "cancelled", outputs: {}, jobs: [], problem: slot.reason };
    try {
      const end = await runJobs(job.callee, { ...setting, groups: slot.groups });
      return { result: calleeResult(end), outputs: calleeOutputs(job, end, scope), jobs: end.jobs };
    } finally {
      slot.release();
    }
  } finally {
    own.release();
  }
}

function calleeSetting(job: PlannedCallJob, turn: JobTurn, call: CallSetting): CallSetting {
  const { context } = call;
  const { file } = job.callee;
  const base: CallSetting = { ...call, file, inputs: {} };
  const inputs = callInputs(file.callInputs, job.syntax.inputs, {
    caller: turn.scope,
    callee: calleeScope(base),
  });
  const inherits = literalText(job.syntax.secrets) === "inherit";
  return {
    context,
    file,
    inputs,
    secrets: inherits ? call.secrets : passedSecrets(job, turn, call),
    givesEnvironmentSecrets: inherits && call.givesEnvironmentSecrets,
    prefix: `${turn.path}/`,
    label: turn.name,
    groups: call.groups,
    previous: turn.mayReuse ? call.previous : new Map(),
  };
}

function passedSecrets(job: PlannedCallJob, turn: JobTurn, call: CallSetting): Record<string, string> {
  const { github } = call.context.options;
  const asksToken = JSON.stringify(job.syntax.secrets ?? {})
    .toUpperCase()
    .includes("GITHUB_TOKEN");
  const token = asksToken
    ? github.issueToken({ permissions: job.permissions, actor: "github-actions[bot]" })
    : "";
  const secrets: Json = { ...call.secrets, ...(asksToken ? { GITHUB_TOKEN: token } : {}) };
  const scope = { ...turn.scope, contexts: { ...turn.scope.contexts, secrets } };
  return evaluateTexts(job.syntax.secrets, scope);
}

function calleeScope({ context, inputs }: CallSetting): Scope {
  return {
    contexts: { github: githubContext(context), inputs: { ...inputs }, vars: { ...context.options.vars } },
  };
}

function calleeResult({ outcomes }: WorkflowEnd): JobConclusion {
  return combineResults([...outcomes.values()].map((outcome) => outcome.result));
}

function calleeOutputs(job: PlannedCallJob, { outcomes }: WorkflowEnd, scope: Scope): Record<string, string> {
  const jobs = Object.fromEntries([...outcomes].map(([id, outcome]) => [id, jobFacts(outcome)]));
  const withJobs: Scope = { contexts: { ...scope.contexts, jobs } };
  return Object.fromEntries(
    job.callee.file.callOutputs.map(({ key, value }) => [
      key,
      evaluateNodeText(child(value, "value"), withJobs),
    ]),
  );
}

function jobFacts({ result, outputs }: JobOutcome): Json {
  return { result, outputs: { ...outputs } };
}
