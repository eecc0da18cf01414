import { setTimeout as sleep } from "node:timers/promises";
import { ConfigError, OutsideError } from "../core/errors.ts";
import { listAt, textAt } from "../core/json.ts";
import { isReady, slicesOf } from "../domain/traffic/endpoints.ts";
import type { PatchOperation } from "../domain/traffic/patch.ts";
import { nameRoute, routeResource, type Traffic } from "../domain/traffic/traffic.ts";
import type { Kubectl } from "./kubectl.ts";
import type { SwitchLimits } from "./traffic.ts";

/** What the switches ask of the cluster; `Kubectl` has it. */
export type TrafficCluster = Pick<Kubectl, "get" | "list" | "patch" | "create" | "run">;

/** One release's traffic in one cluster. */
export interface Place<T extends Traffic = Traffic> {
  readonly cluster: TrafficCluster;
  readonly traffic: T;
  /** Of the release and its Services. */
  readonly namespace: string;
  /** Of the object that carries the traffic. */
  readonly routeNamespace: string;
}

export interface Deadline {
  readonly deadline: number;
  readonly signal?: AbortSignal;
}

const usualBudgetMs = 20_000;

/** When a change that begins now must be done. */
export function deadlineOf(limits: SwitchLimits, budgetMs = usualBudgetMs): Deadline {
  return { deadline: Date.now() + (limits.budgetMs ?? budgetMs), ...limits };
}

/** What stands against these shares, each sentence once. Without a share it is asked of the smallest. */
export function problemsOf(
  percents: readonly number[],
  problemsOfOne: (percent: number) => readonly string[],
): readonly string[] {
  const wanted = percents.length === 0 ? [1] : percents;
  return [...new Set(wanted.flatMap(problemsOfOne))];
}

/** An object that is changed in place. */
export interface Target {
  readonly cluster: TrafficCluster;
  readonly resource: string;
  readonly name: string;
  readonly namespace: string;
}

const pauseMs = 200;

/** The object that carries the traffic. */
export function routeTarget({ cluster, traffic, routeNamespace }: Place): Target {
  return { cluster, resource: routeResource(traffic), name: traffic.route.name, namespace: routeNamespace };
}

export async function readRoute(place: Place): Promise<unknown> {
  const { resource, name, namespace } = routeTarget(place);
  const route = await place.cluster.get(resource, name, namespace);
  if (route !== undefined) return route;
  throw new ConfigError(`Input "traffic" names ${nameRoute(place.traffic)}: there is none in ${namespace}`);
}

/**
 * Changes an object by a guarded patch, made anew from what is there until it is not refused for a change of somebody
 * else. Returns whether there was anything to change.
 */
export async function changeObject(
  target: Target,
  patchOf: (object: unknown) => readonly PatchOperation[],
  { deadline, signal }: Deadline,
): Promise<boolean> {
  const { cluster, resource, name, namespace } = target;
  for (;;) {
    const object = await cluster.get(resource, name, namespace);
    if (object === undefined) throw new OutsideError(`There is no ${resource} ${name} in ${namespace}`);
    const patch = patchOf(object);
    if (patch.length === 0) return false;
    try {
      await cluster.patch(resource, name, namespace, { type: "json", patch });
      return true;
    } catch (error) {
      // The patch is refused when the object changed under it. Any other refusal would come back the same.
      const isChanged = versionOf(await cluster.get(resource, name, namespace)) !== versionOf(object);
      if (!isChanged || isOver(deadline)) throw error;
      await pause(signal);
    }
  }
}

/** A share of a Service without a ready endpoint is a share of answers that are errors. */
export async function mustHaveEndpoints(
  { cluster, namespace }: Place,
  services: readonly string[],
  percent: number,
): Promise<void> {
  for (const service of services) {
    const slices = await cluster.list("endpointslices", namespace, slicesOf(service));
    if (slices.flatMap((slice) => listAt(slice, "endpoints")).some(isReady)) continue;
    throw new OutsideError(`Weight ${percent} was not set: Service ${service} has no ready endpoint`);
  }
}

/**
 * The Services that must be able to answer before the candidate's share goes from one to the other. The way home is
 * open whatever the stable version's pods do, unless it takes everything from a candidate that serves everybody.
 */
export function armsToCheck(
  { stable, candidate }: Traffic,
  from: number | undefined,
  to: number,
): readonly string[] {
  if (to === 0) return from === 100 ? [stable.service] : [];
  return to < 100 ? [stable.service, candidate.service] : [candidate.service];
}

/** Services select pods, and Ingresses name Services, of their own namespace only. */
export function mustBeAtHome({
  traffic,
  namespace,
  routeNamespace,
}: Pick<Place, "traffic" | "namespace" | "routeNamespace">): void {
  if (routeNamespace === namespace) return;
  throw new ConfigError(
    `Input "traffic" must name a ${traffic.route.kind} in the release's namespace ${namespace}: got "${routeNamespace}"`,
  );
}

/** No time for another look. */
export function isOver(deadline: number): boolean {
  return Date.now() + pauseMs >= deadline;
}

export async function pause(signal: AbortSignal | undefined): Promise<void> {
  await sleep(pauseMs);
  signal?.throwIfAborted();
}

function versionOf(object: unknown): string | undefined {
  return textAt(object, "metadata", "resourceVersion");
}
