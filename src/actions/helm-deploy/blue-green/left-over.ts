import { OutsideError } from "../../../core/errors.ts";
import { changeRecord } from "../../../domain/record/record.ts";
import type { ReleaseState } from "../../../domain/record/state.ts";
import type { Colour } from "../../../domain/release/colours.ts";
import { deployedRevision } from "../../../domain/release/history.ts";
import { unfinishedAttempt } from "../../../domain/rollback/interrupted.ts";
import { ended } from "../records.ts";
import type { Session } from "../session.ts";
import { flipBack } from "./front.ts";
import { colouredRollout, type Pair } from "./pair.ts";

/** The pair as a deploy may begin with it. */
export interface Homecoming {
  readonly pair: Pair;
  /** Traffic must go back to this colour first: the other one was switched to and never judged. */
  readonly flip?: Colour;
}

/**
 * Where a deploy begins when an earlier one never came to its end. The colour that served before it stays the one that
 * counts, as long as it is there: a version that nobody judged is no base for the next.
 */
export function planHomecoming(state: ReleaseState, pair: Pair): Homecoming {
  const rollout = colouredRollout(state);
  if (rollout === undefined || pair.live?.release !== rollout.candidateRelease) return { pair };
  const isProven = state.records.some(({ id, status }) => id === rollout.record && status === "good");
  const isThere = deployedRevision(pair.idle.history) !== undefined;
  if (isProven || !isThere || rollout.stableRelease !== pair.idle.release) return { pair };
  return { pair: { live: pair.idle, idle: pair.live }, flip: pair.idle.colour };
}

/** Sends traffic home where the plan says so, and closes the record of the attempt that was left. */
export async function bringHome(session: Session, state: ReleaseState, home: Homecoming): Promise<void> {
  const { runner } = session.context;
  if (home.flip !== undefined) {
    const { isConfirmed, sentence } = await flipBack(session, home.flip);
    runner.annotate({ level: "warning", message: `An earlier switch was never judged: ${sentence}` });
    if (!isConfirmed) throw new OutsideError(`Traffic is not proven to be home: ${sentence}`);
  }
  await closeLeft(session, state, home.pair);
}

async function closeLeft(session: Session, state: ReleaseState, { live }: Pair): Promise<void> {
  const { run } = session.context;
  const left = unfinishedAttempt(state);
  const record = left?.record;
  if (record === undefined || record.status !== "deploying") return;
  if (left?.run.id === run.runId && left.run.attempt === run.attempt) return;
  // What serves is observed where its pods are ready; it is not bad because its run was lost.
  if (record.helmRelease === live?.release) return;
  const reason = `run ${record.run.id} ended before it was judged`;
  await session.store.update((now) => ({
    ...now,
    records: changeRecord(now.records, record.id, ended({ status: "bad", untouched: true, reason })),
  }));
}
