import type { HelmRevision } from "../release/history.ts";
import { runOfIdentity } from "./holder.ts";
import type { LeaseFacts } from "./lease.ts";
import type { TakenFrom } from "./take.ts";

/** How the Lease was before it came into our hands. */
export interface TakenLease {
  readonly from: TakenFrom;
  readonly before: LeaseFacts;
}

const endings: readonly TakenFrom[] = ["free", "ours", "over", "expired", "yielded"];

/**
 * Whether a pending state of Helm was made under the Lease by a holder that is gone. Helm wrote the time of the
 * revision and the holder the times of the Lease by one clock, so they can be compared; a state from outside that span
 * is somebody else's, who may be at work with a Helm of his own.
 */
export function isMakerGone(taken: TakenLease | undefined, pending: HelmRevision): boolean {
  if (taken === undefined || !endings.includes(taken.from)) return false;
  const { holder, acquiredAt, renewedAt, durationMs } = taken.before;
  const madeMs = Date.parse(pending.updated);
  // Of a holder that died, the last renewal is not the last deed.
  const endMs = Date.parse(renewedAt) + (holder === "" ? 0 : durationMs);
  // Helm leaves out what is below a second in some of its versions.
  return madeMs >= Date.parse(acquiredAt) - 1000 && madeMs <= endMs;
}

/** Whether the Lease was taken from this very run, which is proven to be gone. */
export function isHolderGone(
  taken: TakenLease | undefined,
  run: { readonly id: string; readonly attempt: number },
): boolean {
  if (taken === undefined || (taken.from !== "over" && taken.from !== "expired")) return false;
  const holder = runOfIdentity(taken.before.holder);
  return holder?.id === run.id && holder.attempt === run.attempt;
}
