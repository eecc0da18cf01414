import type { DeployRecord, RecordRun } from "../record/record.ts";
import type { ReleaseState, RolloutState } from "../record/state.ts";
import type { HelmRevision } from "../release/history.ts";

/** A deploy attempt that has not come to its end: its record, its rollout, or both. */
export interface Attempt {
  readonly run: Pick<RecordRun, "repository" | "id" | "attempt" | "job">;
  readonly record?: DeployRecord;
  readonly rollout?: RolloutState;
}

/** The attempt whose end the state does not know, whoever began it. */
export function unfinishedAttempt({ records, rollout }: ReleaseState): Attempt | undefined {
  const record =
    rollout === undefined
      ? records.find(isUnfinished)
      : records.find((one) => one.id === rollout.record && one.status !== "good");
  const run = rollout?.run ?? record?.run;
  if (run === undefined) return undefined;
  return { run, ...(record === undefined ? {} : { record }), ...(rollout === undefined ? {} : { rollout }) };
}

/** The newest attempt, where it failed by a cancel and nobody has taken the way back since. */
export function cutAttempt({ records }: ReleaseState): Attempt | undefined {
  const [record] = records;
  return record?.status === "bad" && record.cutShort === true ? { run: record.run, record } : undefined;
}

/** What this very run began and did not finish, or failed at and left as it was. */
export function attemptOfRun({ records, rollout }: ReleaseState, runId: string): Attempt | undefined {
  const newest = records.find((one) => one.run.id === runId && one.strategy !== "observed");
  const record = newest?.status === "deploying" || newest?.status === "bad" ? newest : undefined;
  const own = rollout?.run.id === runId ? rollout : undefined;
  const run = own?.run ?? record?.run;
  if (run === undefined) return undefined;
  return { run, ...(record === undefined ? {} : { record }), ...(own === undefined ? {} : { rollout: own }) };
}

function isUnfinished(record: DeployRecord): boolean {
  return record.status === "deploying";
}

/** The rollback that an attempt is, if it is one: it is carried on to the version it chose, not undone. */
export function resumedRollback({ records }: ReleaseState, { record }: Attempt): Resumed | undefined {
  if (record?.strategy !== "rollback") return undefined;
  const target = records.find(({ id }) => id === record.rollbackTo);
  const undone = records.find(({ id }) => id === record.rollbackOf);
  return { record, ...(target === undefined ? {} : { target }), ...(undone === undefined ? {} : { undone }) };
}

export interface Resumed {
  readonly record: DeployRecord;
  /** The record it was to return to; undefined where nobody had one. */
  readonly target?: DeployRecord;
  readonly undone?: DeployRecord;
}

/**
 * Whether an attempt may be healthy although nobody closed its record: Helm came to its end, no candidate is there, and
 * the run is another one, which may never have meant to judge it.
 */
export function mayBeHealthy(attempt: Attempt, newest: HelmRevision | undefined, runId: string): boolean {
  if (attempt.record?.strategy === "rollback") return false;
  // What was deployed before the attempt began says nothing about it.
  if ((newest?.revision ?? 0) <= (attempt.record?.previousRevision ?? 0)) return false;
  return attempt.rollout === undefined && attempt.run.id !== runId && newest?.status === "deployed";
}

export interface RunKnowledge {
  /** What GitHub says of that run's attempt and job; undefined when it could not say. */
  readonly isOver: boolean | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export type Claim =
  | { readonly kind: "free" }
  | { readonly kind: "live"; readonly reason: string }
  | { readonly kind: "unknown"; readonly reason: string };

/**
 * Whether an attempt may be taken out of its run's hands. Only GitHub's word that the run has ended counts: a state
 * that is merely old may belong to a run that is slow.
 */
export function claimAttempt(attempt: Attempt, { isOver, now }: RunKnowledge): Claim {
  const { id, attempt: number } = attempt.run;
  const name = `run ${id}, attempt ${number}`;
  if (isOver === true) return { kind: "free" };
  if (isOver === false) return { kind: "live", reason: `${name} is still at work on it` };
  const expiresAt = Date.parse(attempt.rollout?.expiresAt ?? "");
  const age = now > expiresAt ? "its time is over, but " : "";
  return { kind: "unknown", reason: `${age}GitHub does not say whether ${name} has ended` };
}
