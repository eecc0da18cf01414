import { at, listAt } from "../../core/json.ts";
import type { ReleaseState } from "../../domain/record/state.ts";
import {
  type Colour,
  colourOfRelease,
  colourRelease,
  colours,
  liveColour,
} from "../../domain/release/colours.ts";
import type { ColourWorld } from "../../domain/rollback/colours.ts";
import type { RollbackWorld } from "../../domain/rollback/plan.ts";
import type { Traffic } from "../../domain/traffic/traffic.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Cluster } from "../../platform/cluster-access.ts";
import type { GithubApi } from "../../platform/github-api.ts";
import type { Lease } from "../../platform/lease.ts";
import type { LeaseRequest } from "../../platform/lease-object.ts";
import type { RecordStore } from "../../platform/record-store.ts";
import type { Registry } from "../../platform/registry.ts";
import { trafficSwitch } from "../../platform/traffic.ts";
import type { confirmWeight } from "../../platform/traffic-confirm.ts";

/** The outside things a rollback speaks to. */
export interface Parts {
  readonly cluster: Cluster;
  readonly store: RecordStore;
  /** Runs the body with the release in our hands. */
  readonly withLease: <T>(request: LeaseRequest, body: (lease: Lease) => Promise<T>) => Promise<T>;
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

async function isServiceReady(cluster: Cluster, service: string): Promise<boolean> {
  return (await endpointsOf(cluster, service)).ready > 0;
}

/** How many endpoints of a Service take requests. */
export async function endpointsOf(
  { kubectl, namespace }: Cluster,
  service: string,
): Promise<{ readonly ready: number }> {
  const slices = await kubectl.list("endpointslices", namespace, `kubernetes.io/service-name=${service}`);
  const endpoints = slices.flatMap((slice) => listAt(slice, "endpoints"));
  return { ready: endpoints.filter((one) => at(one, "conditions", "ready") !== false).length };
}

/** Whether a release is a blue-green pair: its rollout says so, or the newest record of a version that served. */
export function isPair({ records, rollout }: ReleaseState, release: string): boolean {
  if (rollout !== undefined) return rollout.strategy === "blue-green";
  const served = records.find(({ status }) => /^(good|observed|rolled-back)$/.test(status)) ?? records[0];
  return served?.helmRelease !== undefined && colourOfRelease(release, served.helmRelease) !== undefined;
}

/** Where a pair's traffic is switched when nobody said otherwise: a Service of ours in front of both colours. */
export function pairTrafficText(release: string): string {
  const [blue, green] = colours.map((colour) => colourRelease(release, colour));
  return `provider: service\nroute: {kind: Service, name: ${release}}\nstable: {service: ${blue}}\ncandidate: {service: ${green}}\n`;
}

/** A blue-green pair as the cluster shows it now. */
export async function readPair(
  { cluster, store }: Parts,
  release: string,
  traffic: Traffic,
): Promise<ColourWorld> {
  const { helm, kubectl, namespace } = cluster;
  const services: Readonly<Record<Colour, string>> = {
    blue: traffic.stable.service,
    green: traffic.candidate.service,
  };
  const [state, weight, blue, green, ...ready] = await Promise.all([
    store.read(),
    trafficSwitch(kubectl, traffic, namespace).readWeight(),
    helm.history(colourRelease(release, "blue"), namespace),
    helm.history(colourRelease(release, "green"), namespace),
    ...colours.map(async (colour) => ((await isServiceReady(cluster, services[colour])) ? [colour] : [])),
  ]);
  return { release, state, live: liveColour(weight), histories: { blue, green }, ready: ready.flat() };
}
