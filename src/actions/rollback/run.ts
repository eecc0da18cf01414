import { recreated, schemaObstacle } from "../../domain/rollback/obstacles.ts";
import { isIdle } from "../../domain/rollback/plan.ts";
import { urgencyOf } from "../../domain/rollback/urgency.ts";
import type { ActionContext, ActionResult } from "../../platform/action.ts";
import { LeaseHeldError, leaseHolder } from "../../platform/lease.ts";
import type { LeaseRequest } from "../../platform/lease-object.ts";
import { act, type Seen } from "./act.ts";
import { checkWay, readWay, type Way } from "./check-way.ts";
import { Checklist } from "./checklist.ts";
import type { RollbackInputs } from "./inputs.ts";
import { Journal } from "./journal.ts";
import { liftHold } from "./lift-hold.ts";
import { left, refused, undone, unknown } from "./report.ts";
import { settle } from "./settle.ts";
import { assess, attemptIn, type Story, type Task } from "./situation.ts";
import type { Parts } from "./world.ts";

/** Finds what is to be undone, and undoes it: traffic first, then the stable release, then what is left over. */
export async function rollback(
  inputs: RollbackInputs,
  context: ActionContext,
  parts: Parts,
): Promise<ActionResult> {
  if (inputs.mode === "lift-hold") return liftHold(inputs, context, parts);
  const journal = new Journal({
    clock: parts.clock,
    limitMs: inputs.timeLimitMs,
    cancelled: context.signal,
    say: (line) => context.runner.info(line),
  });
  const story: Story = { inputs, context, parts, journal };
  // Most scheduled looks find nothing, and take nothing then.
  if (inputs.isAutomatic || inputs.mode === "recover") {
    const { nothing } = attemptIn(story, await parts.store.read());
    if (nothing !== undefined) return left(story, nothing);
  }
  if (inputs.dryRun) return go(story);
  try {
    return await parts.withLease(leaseRequest(story), (lease) => {
      journal.mark("take the release", `its Lease was ${lease.taken.from}`);
      journal.stopOn(lease.lost);
      return go({ ...story, lease });
    });
  } catch (error) {
    if (!(error instanceof LeaseHeldError)) throw error;
    return inputs.mode === "recover"
      ? left(story, `Left alone: ${error.message}`)
      : refused(story, error.message);
  }
}

/** A person's rollback does not queue: who deploys is asked to yield. What a schedule begins leaves the living alone. */
function leaseRequest({ inputs, context, parts }: Story): LeaseRequest {
  const { reason, mode, isAutomatic } = inputs;
  const { actor } = context.run;
  return {
    release: inputs.release,
    namespace: inputs.access.namespace,
    holder: leaseHolder(context.run, mode === "recover" ? "rollback recover" : "rollback"),
    isOver: async (run) => parts.github?.isOver(run),
    ...(mode === "rollback" && !isAutomatic ? { preempt: { reason, actor } } : {}),
    say: (line) => context.runner.info(line),
    clock: parts.clock,
  };
}

async function go(story: Story): Promise<ActionResult> {
  const situation = await assess(story);
  switch (situation.kind) {
    case "settled":
      return settle(story, situation.sentence);
    case "left":
      return left(story, situation.sentence);
    case "unknown":
      return unknown(story, situation.sentence);
    case "refused":
      return refused(story, situation.sentence);
    case "task":
      return carryOut(story, situation.task);
  }
}

async function carryOut(story: Story, task: Task): Promise<ActionResult> {
  const { inputs, journal, context, parts } = story;
  const { plan } = task;
  const since = Date.parse(plan.undone?.finishedAt ?? plan.undone?.startedAt ?? "");
  const age = Number.isNaN(since) ? undefined : Math.max(0, parts.clock.now() - since);
  const urgency = urgencyOf(inputs.severity, age);
  const checklist = new Checklist(urgency, (line) => context.runner.info(line));
  journal.notes.push(...plan.notes);
  journal.problems.push(...plan.problems);
  if (!isIdle(plan))
    context.runner.info(`${urgency.level}, because ${urgency.why}; checks: ${urgency.checks.join(", ")}`);
  const way = await lookAtWay(story, task, checklist);
  const obstacles = obstaclesOf(story, task, way);
  journal.problems.push(...obstacles);
  const seen: Seen = { task, urgency, checklist, ...(way === undefined ? {} : { way: way.way }) };
  if (inputs.dryRun) return undone(story, { ...seen, isComplete: false });
  if (obstacles.length === 0) return act(story, seen);
  // A person decides again. Where nobody is there to ask, what can be made safe is made safe.
  if (!isAlone(inputs)) return undone(story, { ...seen, isComplete: false });
  const { target: _blocked, ...rest } = plan;
  const mayLeave = plan.strategy === "canary" && plan.candidateRelease !== undefined;
  const safe = mayLeave ? { ...rest, problems: obstacles } : nothingOf(plan, obstacles);
  return act(story, { task: { ...task, plan: safe }, urgency, checklist });
}

/** The plan that touches nothing: what was to be undone is still told. */
function nothingOf(
  { from, undone: record, home, strategy, notes }: Task["plan"],
  problems: readonly string[],
): Task["plan"] {
  return {
    home,
    strategy,
    notes,
    traffic: "none",
    problems,
    ...(from === undefined ? {} : { from }),
    ...(record === undefined ? {} : { undone: record }),
  };
}

interface Looked {
  readonly way: Way;
  readonly against: readonly string[];
}

async function lookAtWay(
  { inputs, parts, journal }: Story,
  { plan }: Task,
  checklist: Checklist,
): Promise<Looked | undefined> {
  const { target } = plan;
  if (target === undefined) {
    checklist.leaveOut(["record", "images", "kinds", "dry run"], "no release is returned to a revision");
    return undefined;
  }
  const release = target.helmRelease ?? inputs.release;
  const from = release === inputs.release ? plan.from : undefined;
  const done = await journal.step("the way back", async () => {
    const way = await readWay(parts, { release, target, from });
    const against = await checkWay(parts, checklist, { way, allowUnverified: inputs.allowUnverified });
    const sentence = `revision ${target.revision} of ${release} is ${target.proof}`;
    return { value: { way, against }, sentence };
  });
  return done?.value;
}

/** What forbids the way back, one sentence each. */
function obstaclesOf({ inputs, journal }: Story, { plan, state }: Task, looked: Looked | undefined) {
  // The journal says why.
  if (plan.target !== undefined && looked === undefined) return [`${inputs.release} was not rolled back`];
  const prefix = `Cannot roll back ${inputs.release}`;
  const isSwitch = plan.strategy === "blue-green" && plan.traffic !== "none";
  const movesBack = plan.target !== undefined || (isSwitch && plan.undone?.id !== plan.returned?.id);
  const name = plan.target === undefined ? "the version returned to" : `revision ${plan.target.revision}`;
  const schema = schemaObstacle(state.records, plan.returned, name);
  const isBlocked = movesBack && schema !== undefined && !inputs.ignoreSchemaLevel;
  const down = recreated(looked?.way.objects ?? []).join(", ");
  if (down !== "") journal.notes.push(`This rollback has downtime: ${down} stops before it starts again`);
  const asks = down !== "" && !isAlone(inputs) && !inputs.allowDowntime && !inputs.dryRun;
  return [
    ...(looked?.against ?? []),
    ...(isBlocked ? [`${prefix}: ${schema}`] : []),
    ...(asks
      ? [`${prefix}: ${down} stops before it starts again: allow-downtime takes it all the same`]
      : []),
  ];
}

/** Nobody is there to be asked. */
function isAlone({ isAutomatic, mode }: RollbackInputs): boolean {
  return isAutomatic || mode === "recover";
}
