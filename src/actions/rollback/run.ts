import { messageOf } from "../../core/errors.ts";
import { isPending, lastRevision } from "../../domain/release/history.ts";
import {
  type Attempt,
  attemptOfRun,
  type Claim,
  claimAttempt,
  mayBeHealthy,
  unfinishedAttempt,
} from "../../domain/rollback/interrupted.ts";
import {
  isIdle,
  planReturn,
  planUndo,
  type RollbackPlan,
  type RollbackWorld,
} from "../../domain/rollback/plan.ts";
import type { TargetRequest } from "../../domain/rollback/target.ts";
import type { Traffic } from "../../domain/traffic/traffic.ts";
import type { ActionContext, ActionResult } from "../../platform/action.ts";
import { toTraffic } from "../../platform/traffic-input.ts";
import { type Outcome, takeOver, tellGithub, writeRecord } from "./finish.ts";
import type { RollbackInputs } from "./inputs.ts";
import { Journal } from "./journal.ts";
import { removeCandidate } from "./remove-candidate.ts";
import { left, type RollbackSeen, refused, undone, unknown } from "./report.ts";
import { checkWay, type Restored, restore, type Way } from "./restore.ts";
import { bringTrafficHome, type TrafficHome } from "./traffic-home.ts";
import { type Parts, readWorld } from "./world.ts";

interface Story {
  readonly inputs: RollbackInputs;
  readonly context: ActionContext;
  readonly parts: Parts;
  readonly journal: Journal;
}

/** Finds what is to be undone, and undoes it: traffic first, then the stable release, then what is left over. */
export async function rollback(
  inputs: RollbackInputs,
  context: ActionContext,
  parts: Parts,
): Promise<ActionResult> {
  const journal = new Journal({
    clock: parts.clock,
    limitMs: inputs.timeLimitMs,
    cancelled: context.signal,
    say: (line) => context.runner.info(line),
  });
  const story: Story = { inputs, context, parts, journal };
  const state = await parts.store.read();
  const isOwnOnly = inputs.mode === "rollback" && inputs.isAutomatic;
  const attempt = isOwnOnly ? attemptOfRun(state, context.run.runId) : unfinishedAttempt(state);
  if (attempt === undefined && isOwnOnly)
    return left(story, "Nothing to undo: this run changed nothing that is not finished");
  if (attempt === undefined && inputs.mode === "recover")
    return left(story, "Nothing to recover: no rollout is under way");
  const claim = attempt === undefined || isOwnOnly ? free : await claimOf(story, attempt);
  if (inputs.mode === "recover" && claim.kind === "live") return left(story, `Left alone: ${claim.reason}`);
  if (inputs.mode === "recover" && claim.kind === "unknown")
    return unknown(story, `Left alone: ${claim.reason}`);
  const traffic = inputs.traffic ?? (await toTraffic(attempt?.rollout?.traffic ?? ""));
  const world = await readWorld(parts, inputs.release, traffic);
  const newest = lastRevision(world.history);
  if (inputs.mode === "recover" && attempt !== undefined && mayBeHealthy(attempt, newest, context.run.runId))
    return left(
      story,
      `Left alone: run ${attempt.run.id} deployed revision ${newest?.revision} and never judged it; no rollout is under way`,
    );
  const locked = lockProblem(story, world, claim);
  if (locked !== undefined) return refused(story, locked);
  if (claim.kind !== "free") journal.notes.push(`Taken out of its hands: ${claim.reason}`);
  const plan = planOf(story, world, attempt);
  return act(story, { plan, attempt, traffic });
}

const free: Claim = { kind: "free" };

async function claimOf({ inputs, context, parts, journal }: Story, attempt: Attempt): Promise<Claim> {
  const { runId, attempt: number, job } = context.run;
  const { run } = attempt;
  // What our own job began earlier is ours: its step has ended, else this one would not run.
  if (run.id === runId && run.attempt === number && run.job === job) return free;
  const now = parts.clock.now();
  try {
    return claimAttempt(attempt, { isOver: await parts.github?.isOver(run), now });
  } catch (error) {
    journal.notes.push(`GitHub was asked about run ${run.id} in vain: ${messageOf(error)}`);
    return claimAttempt(attempt, { isOver: undefined, now });
  } finally {
    if (parts.github === undefined && inputs.mode === "recover")
      journal.notes.push('Without "github-token" nobody can say whether the run has ended');
  }
}

/** Helm's lock in the hands of a run that may be alive: two Helms at once would leave a state nobody knows. */
function lockProblem(
  { inputs }: Story,
  { history, release }: RollbackWorld,
  claim: Claim,
): string | undefined {
  const newest = history.at(-1);
  if (!isPending(newest) || claim.kind === "free" || newest === undefined) return undefined;
  if (claim.kind === "unknown" && inputs.allowUnverified) return undefined;
  const cure =
    claim.kind === "live" ? "cancel it: its own job rolls back" : "allow-unverified takes it all the same";
  return `Helm is at work on ${release} (revision ${newest.revision}, ${newest.status}) and ${claim.reason}: ${cure}`;
}

function planOf({ inputs }: Story, world: RollbackWorld, attempt: Attempt | undefined): RollbackPlan {
  const isAutomatic = inputs.isAutomatic || inputs.mode === "recover";
  const request: TargetRequest = { handle: inputs.to, isAutomatic, allowUnverified: inputs.allowUnverified };
  if (isAutomatic && attempt !== undefined) {
    return planUndo(world, attempt, { ...request, handle: { kind: "last-good" } });
  }
  return planReturn(world, attempt, request);
}

interface Task {
  readonly plan: RollbackPlan;
  readonly attempt: Attempt | undefined;
  readonly traffic: Traffic | undefined;
}

async function act(story: Story, task: Task): Promise<ActionResult> {
  const { inputs, parts, journal, context } = story;
  const { plan, attempt } = task;
  journal.problems.push(...plan.problems);
  journal.notes.push(...plan.notes);
  if (inputs.dryRun) return undone(story, { plan, isComplete: false, ...(await look(story, plan)) });
  if (attempt?.rollout !== undefined)
    await journal.step("mark the rollout", () => takeOver(parts, { inputs, context }));
  const first = plan.traffic === "first" ? await goHome(story, task) : undefined;
  const { way, restored } = await goBack(story, plan);
  const last = plan.traffic === "last" && restored !== undefined ? await goHome(story, task) : undefined;
  const home = first ?? last;
  const isRemoved = await removeCandidate(parts, journal, { ...task, home });
  const isBack = plan.target === undefined ? plan.problems.length === 0 : restored !== undefined;
  const outcome: Outcome = {
    attempt,
    plan,
    isComplete: isBack && isRemoved,
    ...(way === undefined ? {} : { way }),
    ...(restored === undefined ? {} : { restored }),
  };
  const secondsToSafe = journal.elapsedMs() / 1000;
  const isWorthWriting = !isIdle(plan) || attempt !== undefined;
  const record = isWorthWriting
    ? await journal.step("record", () => writeRecord(parts, { inputs, context, outcome }))
    : undefined;
  await tellGithub(parts, journal, { inputs, context, outcome });
  const seen: RollbackSeen = { plan, isComplete: outcome.isComplete, seconds: secondsToSafe };
  return undone(story, {
    ...seen,
    ...(home === undefined ? {} : { home }),
    ...(way === undefined ? {} : { way }),
    ...(restored === undefined ? {} : { restored }),
    ...(record === undefined ? {} : { record: record.value }),
  });
}

async function look({ parts, journal, inputs }: Story, { target }: RollbackPlan): Promise<{ way?: Way }> {
  if (target === undefined) return {};
  const { release } = inputs;
  const way = await journal.step("the way back", () => checkWay(parts, journal, { release, target }));
  return way === undefined ? {} : { way: way.value };
}

async function goHome(
  { parts, journal }: Story,
  { traffic, attempt }: Task,
): Promise<TrafficHome | undefined> {
  if (traffic === undefined) {
    journal.problems.push('Input "traffic" is required: a canary is in flight and its route is not known');
    return undefined;
  }
  return bringTrafficHome(parts, journal, { traffic, rollout: attempt?.rollout });
}

async function goBack(story: Story, plan: RollbackPlan): Promise<{ way?: Way; restored?: Restored }> {
  const { parts, journal, inputs } = story;
  if (plan.target === undefined) return {};
  const { way } = await look(story, plan);
  if (way === undefined) return {};
  const name = `roll back to revision ${way.target.revision}`;
  const restored = await journal.stepUnlessCancelled(name, () => restore(parts, journal, { inputs, way }));
  return { way, ...(restored === undefined ? {} : { restored: restored.value }) };
}
