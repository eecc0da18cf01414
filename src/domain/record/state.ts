import type { DeployRecord } from "./record.ts";

/** Where a canary stands. Kept in the cluster so that `recover` knows without the run that began it. */
export interface RolloutState {
  readonly phase: "deploying" | "candidate" | "ramping" | "promoting" | "aborting" | "verifying";
  /** The share of traffic the candidate is meant to get, in percent. */
  readonly weight: number;
  readonly candidateRelease: string;
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

/** The hold on a digest, if there is one. */
export function holdOn(state: ReleaseState, digest: string): Hold | undefined {
  return state.holds.find((one) => one.digest === digest);
}

/** Whether another run has this rollout in its hands and may still be working on it. */
export function isForeign(rollout: RolloutState, run: { readonly id: string }): boolean {
  return rollout.run.id !== run.id;
}
