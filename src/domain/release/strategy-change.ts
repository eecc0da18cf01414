import type { DeployRecord, Strategy } from "../record/record.ts";
import type { ReleaseState } from "../record/state.ts";

/** Why a phase of this strategy may not act now: a rollout of another one is in flight. */
export function inFlightProblem({ rollout }: ReleaseState, strategy: Strategy): string | undefined {
  if (rollout === undefined) return undefined;
  const other = rollout.strategy ?? "canary";
  if (other === strategy) return undefined;
  return `A ${other} deploy of ${rollout.digest} is in flight (${rollout.candidateRelease}): end it first (phase abort with strategy ${other}, or mode recover of rollback), then change the strategy to ${strategy}`;
}

/** The record of what serves, as far as we know it, where a colour carries it. */
export function servingColour({ records }: ReleaseState): DeployRecord | undefined {
  const newest = records.find(({ status, revision }) => status !== "bad" && revision !== undefined);
  return newest?.helmRelease === undefined ? undefined : newest;
}
