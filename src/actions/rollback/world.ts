import { at, listAt } from "../../core/json.ts";
import type { RollbackWorld } from "../../domain/rollback/plan.ts";
import type { Traffic } from "../../domain/traffic/traffic.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Cluster } from "../../platform/cluster-access.ts";
import type { GithubApi } from "../../platform/github-api.ts";
import type { RecordStore } from "../../platform/record-store.ts";
import type { Registry } from "../../platform/registry.ts";
import type { confirmWeight } from "../../platform/traffic-confirm.ts";

/** The outside things a rollback speaks to. */
export interface Parts {
  readonly cluster: Cluster;
  readonly store: RecordStore;
  readonly github?: GithubApi;
  /** A registry client; the login that was given goes to this host and no other. */
  readonly registryFor: (host: string) => Promise<Registry>;
  readonly confirm: typeof confirmWeight;
  readonly clock: Clock;
  /** Ends programs some seconds after the step was cancelled, so that what is nearly done can still be done. */
  readonly late: AbortSignal;
}

/** Everything the plan is made from, as the cluster shows it now. */
export async function readWorld(
  { cluster, store }: Parts,
  release: string,
  traffic: Traffic | undefined,
): Promise<RollbackWorld> {
  const { helm, namespace } = cluster;
  const state = await store.read();
  const named = state.rollout?.candidateRelease;
  const candidate = named === undefined || named === "" ? `${release}-candidate` : named;
  const [history, status, isStableReady] = await Promise.all([
    helm.history(release, namespace),
    traffic === undefined ? undefined : helm.status(candidate, namespace),
    traffic === undefined ? true : isServiceReady(cluster, traffic.stable.service),
  ]);
  return {
    release,
    state,
    history,
    isStableReady,
    ...(status === undefined ? {} : { candidateRelease: candidate }),
  };
}

async function isServiceReady({ kubectl, namespace }: Cluster, service: string): Promise<boolean> {
  const slices = await kubectl.list("endpointslices", namespace, `kubernetes.io/service-name=${service}`);
  return slices
    .flatMap((slice) => listAt(slice, "endpoints"))
    .some((endpoint) => at(endpoint, "conditions", "ready") !== false);
}
