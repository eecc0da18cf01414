import { identityOf, isSameJob, type LeaseHolder, runOfIdentity } from "./holder.ts";
import type { LeaseFacts } from "./lease.ts";

/** What is known beside the Lease itself. */
export interface Knowledge {
  readonly release: string;
  readonly self: LeaseHolder;
  /** What GitHub says of the claimant's job; undefined where it was not asked or does not say. */
  readonly isOver: boolean | undefined;
  /** How long nobody wrote to the Lease, by our own clock. */
  readonly unchangedMs: number;
  /** Somebody renewed it while we looked. */
  readonly wasRenewed: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Why the one before has no claim any more. `fresh`: there was no Lease, so nothing is known of who worked before. */
export type TakenFrom = "fresh" | "free" | "ours" | "over" | "expired" | "yielded" | "forced";

export type TakeDecision =
  | { readonly kind: "take"; readonly from: TakenFrom }
  /** Look again: its time by the holder's clock says nothing, only that it stays unchanged while we watch. */
  | { readonly kind: "observe" }
  | { readonly kind: "refuse"; readonly reason: string };

/** Who stands in the way: the holder, or the rollback that wants the Lease next. Empty where nobody does. */
export function claimantOf({ holder, intent }: LeaseFacts): string {
  return holder === "" ? (intent?.holder ?? "") : holder;
}

/**
 * Whether a step may take the Lease. Two clocks may differ, so a Lease is expired only when nobody renewed it for its
 * whole duration while we watched; GitHub's word that the job has ended is as good.
 */
export function decideTake(lease: LeaseFacts, known: Knowledge): TakeDecision {
  const claimant = claimantOf(lease);
  if (claimant === "") return { kind: "take", from: lease.version === undefined ? "fresh" : "free" };
  if (isSameJob(claimant, known.self)) return { kind: "take", from: "ours" };
  if (known.isOver === true) return { kind: "take", from: "over" };
  if (known.isOver === false || known.wasRenewed) return refuse(lease, known);
  if (known.unchangedMs >= lease.durationMs) return { kind: "take", from: "expired" };
  return looksFresh(lease, known.now) ? refuse(lease, known) : { kind: "observe" };
}

export interface PreemptKnowledge extends Knowledge {
  /** Since the intent was written. */
  readonly waitedMs: number;
}

/** The one step that takes a Lease out of living hands, and is never taken from itself. */
export function isRollback({ step }: Pick<LeaseFacts, "step">): boolean {
  return step.startsWith("rollback");
}

export const yieldMs = 15_000;

/**
 * Whether a rollback takes the Lease now. A deploy gets the time to yield and no more; another rollback is left to
 * its end, because two of them at once would leave a state nobody knows.
 */
export function decidePreempt(lease: LeaseFacts, known: PreemptKnowledge): TakeDecision {
  const { holder } = lease;
  if (holder === "") {
    const wasWaiting = known.waitedMs > 0;
    if (lease.version === undefined) return { kind: "take", from: "fresh" };
    return { kind: "take", from: wasWaiting ? "yielded" : "free" };
  }
  if (isSameJob(holder, known.self)) return { kind: "take", from: "ours" };
  if (known.isOver === true) return { kind: "take", from: "over" };
  if (known.unchangedMs >= lease.durationMs) return { kind: "take", from: "expired" };
  if (known.waitedMs < yieldMs) return { kind: "observe" };
  if (!isRollback(lease)) return { kind: "take", from: "forced" };
  return known.isOver === false || known.wasRenewed ? refuse(lease, known) : { kind: "observe" };
}

/** Why a holder has to stop, or undefined while the Lease is its own. */
export function whyLost(lease: LeaseFacts, self: LeaseHolder): string | undefined {
  const { holder, intent } = lease;
  if (holder === "")
    return "The Lease of the release was taken away: its holder was emptied or it was removed";
  if (holder !== identityOf(self)) return `Yielded: the release is ${whoHolds(lease)}`;
  if (intent === undefined || isSameJob(intent.holder, self) || isRollback(self)) return undefined;
  const why = intent.reason === "" ? "" : `: ${intent.reason}`;
  return `Yielded to a rollback of ${intent.actor || "somebody"} (${nameOf(intent.holder)})${why}`;
}

function looksFresh(lease: LeaseFacts, now: number): boolean {
  const age = now - sinceMs(lease);
  return age >= 0 && age < lease.durationMs;
}

function sinceMs({ holder, intent, renewedAt }: LeaseFacts): number {
  return Date.parse(holder === "" ? (intent?.at ?? "") : renewedAt);
}

function refuse(lease: LeaseFacts, known: Knowledge): TakeDecision {
  return {
    kind: "refuse",
    reason: `Release ${known.release} is ${whoHolds(lease)}: ${whatFrees(lease, known)}`,
  };
}

/** Whose hands a release is in, since when. */
export function whoHolds({ holder, intent, step, acquiredAt }: LeaseFacts): string {
  if (holder === "" && intent !== undefined)
    return `about to be taken by a rollback of ${intent.actor || "somebody"} (${nameOf(intent.holder)}) since ${whole(intent.at)}`;
  return `in the hands of ${step || "somebody"} (${nameOf(holder)}) since ${whole(acquiredAt)}`;
}

function whatFrees(lease: LeaseFacts, { isOver, wasRenewed, now }: Knowledge): string {
  const seconds = lease.durationMs / 1000;
  if (isOver === false)
    return "GitHub says that job is at work, so it is free when the job ends or is cancelled";
  if (wasRenewed) return "it was renewed while we watched, so it is free when its holder ends";
  const age = Math.max(0, Math.round((now - sinceMs(lease)) / 1000));
  return `it was renewed ${age} s ago, so it is free when its holder ends, or ${seconds} s after its last sign of life`;
}

function nameOf(identity: string): string {
  const run = runOfIdentity(identity);
  return run === undefined ? identity || "unnamed" : `${run.url}/attempts/${run.attempt}, job ${run.job}`;
}

function whole(time: string): string {
  return time === "" ? "an unknown time" : time.replace(/\.\d+Z$/, "Z");
}
