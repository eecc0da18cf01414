import type { DeployRecord } from "../record/record.ts";
import type { ReleaseState } from "../record/state.ts";
import { type HelmRevision, isPending, lastRevision, sinceUninstall } from "../release/history.ts";
import type { Attempt } from "./interrupted.ts";
import { chooseTarget, contentOf, type RollbackTarget, type TargetRequest } from "./target.ts";

/** What is to be undone, and how. Sentences in `problems` are what cannot be done: the rest is done all the same. */
export interface RollbackPlan {
  /** The revision that was there when the rollback began. */
  readonly from?: number;
  /** The stable release's way back; absent when it stays as it is. */
  readonly target?: RollbackTarget;
  /** The candidate's release, to be removed once no traffic reaches it. */
  readonly candidateRelease?: string;
  /** When traffic goes back to the stable release: before it is changed, or after where nothing of it is ready. */
  readonly traffic: "first" | "last" | "none";
  /** The candidate's share that means home: 0, or 100 where green is the colour to return to. */
  readonly home: number;
  readonly strategy: "canary" | "blue-green" | "rolling";
  readonly undone?: DeployRecord;
  /** The record that stands for what is returned to. */
  readonly returned?: DeployRecord;
  /** The revision that serves afterwards, where no release is changed. */
  readonly serves?: number;
  /** A first install that failed: nothing came before it. The Helm release that could be removed. */
  readonly first?: string;
  readonly problems: readonly string[];
  /** What the reader should know beside that. */
  readonly notes: readonly string[];
}

export interface RollbackWorld {
  readonly release: string;
  readonly state: ReleaseState;
  readonly history: readonly HelmRevision[];
  /** The candidate's release, where Helm has one. */
  readonly candidateRelease?: string;
  /** Whether the stable Service has a ready endpoint. */
  readonly isStableReady: boolean;
}

/** Undoes one attempt of a run that failed or is gone: its canary, and the stable release where it was changed. */
export function planUndo(world: RollbackWorld, attempt: Attempt, request: TargetRequest): RollbackPlan {
  const candidateRelease = candidateOf(world, attempt);
  const isChanged = wasChanged(world, attempt.record);
  return complete(world, {
    ...(candidateRelease === undefined ? {} : { candidateRelease }),
    ...(attempt.record === undefined ? {} : { undone: attempt.record }),
    ...(isChanged ? { request } : {}),
    notes: isChanged ? [] : [`Release ${world.release} was not changed by this attempt`],
  });
}

/** Returns to what a person asked for, and ends whatever rollout is in flight. */
export function planReturn(
  world: RollbackWorld,
  attempt: Attempt | undefined,
  request: TargetRequest,
): RollbackPlan {
  const candidateRelease = candidateOf(world, attempt);
  const isChanged = wasChanged(world, attempt?.record);
  // With a canary in flight, the canary is the newest change, and the stable release is the last good one.
  const staysStable = candidateRelease !== undefined && request.handle.kind === "last-good" && !isChanged;
  const undone = attempt?.record ?? (staysStable ? undefined : currentRecord(world));
  return complete(world, {
    ...(candidateRelease === undefined ? {} : { candidateRelease }),
    ...(undone === undefined ? {} : { undone }),
    ...(staysStable ? {} : { request }),
    notes: staysStable ? [`Release ${world.release} stays: the canary is what is undone`] : [],
  });
}

/** Whether a plan has anything to do. */
export function isIdle(plan: RollbackPlan): boolean {
  const { target, candidateRelease, traffic, first } = plan;
  return target === undefined && candidateRelease === undefined && first === undefined && traffic === "none";
}

interface Draft {
  readonly candidateRelease?: string;
  readonly undone?: DeployRecord;
  /** Absent: the stable release stays as it is. */
  readonly request?: TargetRequest;
  readonly notes: readonly string[];
}

function complete(world: RollbackWorld, draft: Draft): RollbackPlan {
  const { request, ...rest } = draft;
  const from = lastRevision(world.history)?.revision;
  const hasCandidate = draft.candidateRelease !== undefined;
  const strategy = hasCandidate ? ("canary" as const) : ("rolling" as const);
  const base = { ...rest, home: 0, strategy, ...(from === undefined ? {} : { from }) };
  const stays = stayingOf(world, from);
  if (request === undefined)
    return { ...base, ...stays, traffic: hasCandidate ? "first" : "none", problems: [] };
  const choice = chooseTarget(world.history, world.state.records, request);
  switch (choice.kind) {
    case "none":
      if (choice.isFirst === true && isUnproven(draft.undone))
        return { ...base, traffic: hasCandidate ? "first" : "none", first: world.release, problems: [] };
      return {
        ...base,
        ...stays,
        traffic: hasCandidate ? "first" : "none",
        problems: [`Cannot roll back ${world.release}: ${choice.reason}`],
      };
    case "current":
      return {
        ...base,
        ...stays,
        traffic: hasCandidate ? "first" : "none",
        problems: [],
        notes: [...draft.notes, `Release ${world.release} is at revision ${choice.revision} already`],
      };
    case "target":
      return {
        ...base,
        target: choice,
        ...(choice.record === undefined ? {} : { returned: choice.record }),
        // A stable release without a ready pod cannot take the traffic yet: the candidate keeps it until it can.
        traffic: hasCandidate ? (world.isStableReady ? "first" : "last") : "none",
        problems: [],
      };
  }
}

function stayingOf(world: RollbackWorld, from: number | undefined) {
  const returned = currentRecord(world);
  return {
    ...(from === undefined ? {} : { serves: from }),
    ...(returned === undefined ? {} : { returned }),
  };
}

/** Whether a record is of an attempt that never became good. */
export function isUnproven(record: DeployRecord | undefined): boolean {
  return record?.status === "deploying" || record?.status === "bad";
}

function candidateOf(world: RollbackWorld, attempt: Attempt | undefined): string | undefined {
  const named = attempt?.rollout?.candidateRelease;
  return named === undefined || named === "" ? world.candidateRelease : named;
}

/** Whether the stable release differs from what it was before the attempt, be it half-way or locked. */
function wasChanged({ history }: RollbackWorld, record: DeployRecord | undefined): boolean {
  const alive = sinceUninstall(history);
  const newest = lastRevision(alive);
  if (newest === undefined) return false;
  if (isPending(newest)) return true;
  if (record?.untouched === true) return false;
  if (record === undefined) return false;
  if (record.previousRevision === undefined) return record.revision !== undefined;
  const before = alive.find(({ revision }) => revision === record.previousRevision);
  if (before === undefined) return newest.revision > record.previousRevision;
  return newest.status !== "deployed" || contentOf(alive, newest) !== contentOf(alive, before);
}

/** Our account of the revision that a person wants to leave. */
function currentRecord({ state, history }: RollbackWorld): DeployRecord | undefined {
  const newest = lastRevision(history);
  if (newest === undefined) return undefined;
  const numbers = [newest.revision, contentOf(history, newest)];
  const of = (revision: number | undefined) =>
    state.records.find((one) => one.revision === revision && one.previousRevision !== revision);
  return of(numbers[0]) ?? of(numbers[1]);
}
