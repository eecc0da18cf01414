import type { Json } from "../../core/json.ts";
import type { DeployRecord } from "./record.ts";

/**
 * An autoscaler that may not scale down for the time of a rollout. Its bounds stay as they are: Helm applies them, and
 * fails on a field of its own that somebody else has changed.
 */
export interface ReplicaPin {
  readonly autoscaler: string;
  /** Its policy for scaling down before, or `none`. */
  readonly scaleDown: string;
}

/** Where a canary or a blue-green deploy stands. Kept in the cluster so that `recover` knows without the run that began it. */
export interface RolloutState {
  /** Absent means canary. */
  readonly strategy?: "canary" | "blue-green";
  /**
   * `promoting`: the stable release or the switch is being changed. `watching`: a blue-green switch is done and both
   * colours are up. `verifying`: what is left is the removal of the side that lost, and the record.
   */
  readonly phase: "deploying" | "candidate" | "ramping" | "promoting" | "watching" | "aborting" | "verifying";
  /** The share of traffic the candidate is meant to get, in percent. Blue-green: 0 before the switch, 100 after it. */
  readonly weight: number;
  readonly candidateRelease: string;
  /** Blue-green: the colour that served before; absent at the first deploy. */
  readonly stableRelease?: string;
  /** Blue-green: when the front object was switched, ISO 8601. The watch time and the stay of the old pods count from it. */
  readonly switchedAt?: string;
  /** What must be given back to autoscalers when the rollout ends, whichever way. */
  readonly pins?: readonly ReplicaPin[];
  readonly digest: string;
  /** Id of the record this rollout belongs to. */
  readonly record: string;
  readonly run: {
    readonly repository: string;
    readonly id: string;
    readonly attempt: number;
    readonly job: string;
  };
  /** ISO 8601, UTC. After it, and with its run ended, anyone may bring the rollout home. */
  readonly expiresAt: string;
  /** The route and backends as the deploy was told them, so that recovery needs no inputs. */
  readonly traffic?: string;
  /** How far a ramp has come, as the ramp wrote it and alone reads it: another attempt goes on from there. */
  readonly ramp?: Json;
}

/** The ban on deploying a digest again until it is lifted. */
export interface Hold {
  readonly digest: string;
  readonly reason: string;
  readonly actor: string;
  /** ISO 8601, UTC. */
  readonly since: string;
  readonly url: string;
}

/** Everything we keep in the cluster about one release. */
export interface ReleaseState {
  /** Newest first. */
  readonly records: readonly DeployRecord[];
  readonly rollout?: RolloutState;
  readonly holds: readonly Hold[];
}

export const emptyState: ReleaseState = { records: [], holds: [] };

/** The state with another rollout, or without one. */
export function withRollout(state: ReleaseState, rollout: RolloutState | undefined): ReleaseState {
  const { rollout: _dropped, ...rest } = state;
  return rollout === undefined ? rest : { ...rest, rollout };
}

/** The rollout with nothing that a ramp could go on with. */
export function withoutRamp({ ramp: _dropped, ...rollout }: RolloutState): RolloutState {
  return rollout;
}

/** The hold on a digest, if there is one. */
export function holdOn(state: ReleaseState, digest: string): Hold | undefined {
  return state.holds.find((one) => one.digest === digest);
}

/** Whether another run has this rollout in its hands and may still be working on it. */
export function isForeign(rollout: RolloutState, run: { readonly id: string }): boolean {
  return rollout.run.id !== run.id;
}
