import { changeRecord } from "../record/record.ts";
import type { Hold, ReleaseState } from "../record/state.ts";

/** The state with a hold on a digest. An earlier one on the same digest stays: it says when the trouble began. */
export function withHold(state: ReleaseState, hold: Hold): ReleaseState {
  if (hold.digest === "" || state.holds.some(({ digest }) => digest === hold.digest)) return state;
  return { ...state, holds: [...state.holds, hold] };
}

/** The state without the hold on a digest that serves again. */
export function withoutHold(state: ReleaseState, digest: string): ReleaseState {
  const holds = state.holds.filter((one) => one.digest !== digest);
  return holds.length === state.holds.length ? state : { ...state, holds };
}

/** Who lifts holds, and why: it goes into the records of what was held. */
export interface Lifting {
  /** A digest, or every hold there is. */
  readonly what: { readonly kind: "all" } | { readonly kind: "digest"; readonly digest: string };
  readonly actor: string;
  readonly reason: string;
}

/** The holds that are lifted, and the state after it. */
export function liftHolds(
  state: ReleaseState,
  { what, actor, reason }: Lifting,
): { readonly lifted: readonly Hold[]; readonly state: ReleaseState } {
  const lifted = state.holds.filter((one) => what.kind === "all" || one.digest === what.digest);
  if (lifted.length === 0) return { lifted, state };
  const sentence = `hold lifted by ${actor}: ${reason}`;
  const records = lifted.reduce((all, { digest }) => {
    const newest = all.find((one) => one.digest === digest);
    if (newest === undefined) return all;
    const said = newest.reason === "" ? sentence : `${newest.reason}; ${sentence}`;
    return changeRecord(all, newest.id, { reason: said });
  }, state.records);
  return { lifted, state: { ...state, records, holds: state.holds.filter((one) => !lifted.includes(one)) } };
}
