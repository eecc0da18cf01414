import { OutsideError } from "../../core/errors.ts";
import { fail, pass, type Verdict } from "../../core/verdict.ts";
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
import { describeFailure } from "../../platform/shell.ts";
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
  const isOurs = attempt?.run.id === context.run.runId && attempt.run.attempt === context.run.attempt;
  if (isOurs) return pass;
  if (attempt === undefined) {
    if (!isLocked) return pass;
    return fail(
      `Release ${inputs.release} is locked by Helm (${last?.status} at revision ${last?.revision}) and no record says by which run: bring it home by hand`,
    );
  }
  const claim = claimAttempt(attempt, { isOver: await isOver(session, attempt), now: Date.now() });
  if (claim.kind === "live") return fail(`Release ${inputs.release} is being deployed: ${claim.reason}`);
  // Without a lock or a canary in flight, an attempt nobody can ask about stands in nobody's way.
  if (claim.kind === "unknown" && (isLocked || attempt.rollout !== undefined))
    return fail(`Release ${inputs.release} is not free: ${claim.reason}`);
  if (attempt.rollout !== undefined && inputs.strategy === "rolling")
    return fail(
      `A canary of ${attempt.rollout.digest} was left by run ${attempt.run.id}: bring it home first (mode recover of rollback)`,
    );
  return pass;
}

async function isOver({ github }: Session, attempt: Attempt): Promise<boolean | undefined> {
  return github === undefined || attempt.run.id === "" ? undefined : github.isOver(attempt.run);
}

/**
 * Takes over what an ended run left: its record is closed, and Helm's lock is released by returning to the last
 * revision that was deployed. `judgeGuard` has proven that the run is over.
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
  if (!isPending(lastRevision(history))) return false;
  await unlock(session, history);
  return true;
}

function serves(history: readonly HelmRevision[], revision: number | undefined): boolean {
  const current = deployedRevision(history);
  if (current === undefined || revision === undefined) return false;
  return current.revision === revision || contentOf(history, current) === revision;
}

async function unlock(
  { cluster, inputs, context }: Session,
  history: readonly HelmRevision[],
): Promise<void> {
  const { release, namespace, timeoutMs } = inputs;
  const last = lastRevision(history);
  const home = deployedRevision(history);
  const wait = { timeoutMs };
  context.runner.info(
    `Release ${release} is ${last?.status} at revision ${last?.revision}, and its run has ended`,
  );
  const ran =
    home === undefined
      ? await cluster.helm.uninstall(release, namespace, wait)
      : await cluster.helm.rollback(release, home.revision, namespace, wait);
  if (ran.exitCode === 0) return;
  throw new OutsideError(describeFailure("helm", [home === undefined ? "uninstall" : "rollback"], ran));
}
