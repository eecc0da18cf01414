import { spendMs } from "../../core/budget.ts";
import { fail, pass, type Verdict } from "../../core/verdict.ts";
import { isHolderGone, isMakerGone } from "../../domain/lock/gone.ts";
import { runOfIdentity } from "../../domain/lock/holder.ts";
import { changeRecord } from "../../domain/record/record.ts";
import { holdOn, type ReleaseState } from "../../domain/record/state.ts";
import {
  deployedRevision,
  type HelmRevision,
  isPending,
  lastRevision,
} from "../../domain/release/history.ts";
import { type Attempt, claimAttempt, unfinishedAttempt } from "../../domain/rollback/interrupted.ts";
import { contentOf } from "../../domain/rollback/target.ts";
import { clearLeft, endHelm, findHelm } from "../../platform/helm-lock.ts";
import { ended } from "./records.ts";
import { digestOf, type Session } from "./session.ts";

/** Whether this digest may be deployed, and the release is in nobody else's hands. Changes nothing. */
export async function judgeGuard(
  session: Session,
  state: ReleaseState,
  history: readonly HelmRevision[],
): Promise<Verdict> {
  const held = judgeHold(session, state);
  if (held.kind !== "pass") return held;
  return judgeOwner(session, state, history);
}

export function judgeHold({ inputs }: Session, state: ReleaseState): Verdict {
  const hold = holdOn(state, digestOf(inputs));
  if (hold === undefined) return pass;
  return fail(
    `${hold.digest} is on hold since ${hold.since} by ${hold.actor}: ${hold.reason} (mode lift-hold of rollback ends it)`,
  );
}

async function judgeOwner(
  session: Session,
  state: ReleaseState,
  history: readonly HelmRevision[],
): Promise<Verdict> {
  const { inputs, context } = session;
  const attempt = unfinishedAttempt(state);
  const last = lastRevision(history);
  const isLocked = isPending(last);
  const atWork = isLocked ? await helmAtWork(session) : undefined;
  if (atWork !== undefined) return fail(atWork);
  const isOurs = attempt?.run.id === context.run.runId && attempt.run.attempt === context.run.attempt;
  if (isOurs) return pass;
  // What was done under a Lease that its holder gave back or lost needs nobody else's word.
  const isUnlockable = last !== undefined && isMakerGone(session.lease?.taken, last);
  if (attempt === undefined) {
    if (!isLocked || isUnlockable) return pass;
    return fail(
      `Release ${inputs.release} is locked by Helm (${last?.status} at revision ${last?.revision}) and no record says by which run: bring it home by hand`,
    );
  }
  const claim = claimAttempt(attempt, { isOver: await isOver(session, attempt), now: Date.now() });
  if (claim.kind === "live") return fail(`Release ${inputs.release} is being deployed: ${claim.reason}`);
  // Without a lock or a canary in flight, an attempt nobody can ask about stands in nobody's way.
  const isInTheWay = (isLocked && !isUnlockable) || attempt.rollout !== undefined;
  if (claim.kind === "unknown" && isInTheWay)
    return fail(`Release ${inputs.release} is not free: ${claim.reason}`);
  if (attempt.rollout !== undefined && inputs.strategy === "rolling")
    return fail(
      `A canary of ${attempt.rollout.digest} was left by run ${attempt.run.id}: bring it home first (mode recover of rollback)`,
    );
  return pass;
}

async function isOver({ github, lease }: Session, attempt: Attempt): Promise<boolean | undefined> {
  if (isHolderGone(lease?.taken, attempt.run)) return true;
  return github === undefined || attempt.run.id === "" ? undefined : github.isOver(attempt.run);
}

/** A Helm that works on the release on this machine. What a step of our own job has left is ended; a plan leaves it. */
async function helmAtWork({ inputs, lease, context }: Session): Promise<string | undefined> {
  for (const { pid, verb, isOurs } of await findHelm(inputs.release, inputs.namespace)) {
    if (!isOurs || lease === undefined)
      return `Release ${inputs.release} is not free: helm ${verb} is at work on it here, as process ${pid}`;
    context.runner.info(`helm ${verb}, left by a step before as process ${pid}, is interrupted`);
    await endHelm({ pid });
  }
  return undefined;
}

/**
 * Takes over what an ended run left: its record is closed, and what its Helm left behind is cleared. `judgeGuard` has proven that the run is over. True where Helm's history has changed.
 */
export async function takeOver(
  session: Session,
  state: ReleaseState,
  history: readonly HelmRevision[],
): Promise<boolean> {
  const left = unfinishedAttempt(state);
  const { run } = session.context;
  const isOurs = left?.run.id === run.runId && left.run.attempt === run.attempt;
  const record = isOurs ? undefined : left?.record;
  // What the ended run deployed may serve well: then it is observed, not bad.
  if (record !== undefined && !serves(history, record.revision)) {
    const reason = `run ${record.run.id} ended before it was judged`;
    await session.store.update((now) => ({
      ...now,
      records: changeRecord(now.records, record.id, ended({ status: "bad", reason })),
    }));
  }
  const last = lastRevision(history);
  const wasLocked = isPending(last);
  const isUntouched = state.records.some((one) => one.revision === last?.revision && one.untouched === true);
  if (!wasLocked && (last?.status !== "failed" || isUntouched)) return false;
  const { release, namespace } = session.inputs;
  const said = await clearLeft(session.cluster, {
    release,
    namespace,
    // A Helm that was interrupted meanwhile has written its end.
    history: wasLocked ? await session.cluster.helm.history(release, namespace) : history,
    why: whyGone(session, left),
    timeoutMs: spendMs(session.budget),
  });
  if (said !== undefined) session.context.runner.info(said);
  return wasLocked || said !== undefined;
}

function whyGone({ lease, context }: Session, left: Attempt | undefined): string {
  const { run } = context;
  const isOurs = left?.run.id === run.runId && left.run.attempt === run.attempt;
  if (isOurs) return "by an earlier step of this run";
  const holder = runOfIdentity(lease?.taken.before.holder ?? "");
  const id = left?.run.id ?? holder?.id;
  return id === undefined ? "by a holder that has ended" : `by run ${id}, which has ended`;
}

function serves(history: readonly HelmRevision[], revision: number | undefined): boolean {
  const current = deployedRevision(history);
  if (current === undefined || revision === undefined) return false;
  return current.revision === revision || contentOf(history, current) === revision;
}
