import { setTimeout as sleep } from "node:timers/promises";
import { OutsideError } from "../core/errors.ts";
import { textAt } from "../core/json.ts";
import { slicesOf } from "../domain/traffic/endpoints.ts";
import { nameBackend } from "../domain/traffic/istio.ts";
import {
  addSubset,
  destinationRuleOf,
  podsWith,
  removeSubset,
  subsetLabels,
} from "../domain/traffic/istio-subset.ts";
import { readyPods } from "../domain/traffic/replicas.ts";
import { selectorOf } from "../domain/traffic/service.ts";
import type { IstioTraffic, SubsetBackend } from "../domain/traffic/traffic.ts";
import { changeObject, type Deadline, type Place, type Target } from "./traffic-object.ts";

type IstioPlace = Place<IstioTraffic>;

const resource = "destinationrules.networking.istio.io";

/** The DestinationRule of the one host, with the stable subset in it. */
export async function readSubsets({
  cluster,
  traffic,
  namespace,
  routeNamespace,
}: IstioPlace): Promise<unknown> {
  const places = [...new Set([namespace, routeNamespace])];
  const rules = await Promise.all(places.map((place) => cluster.list(resource, place)));
  return destinationRuleOf(rules.flat(), traffic, namespace);
}

/** Makes the candidate's subset where it is missing, and returns whether it did. */
export async function ensureSubset(place: IstioPlace, until: Deadline): Promise<boolean> {
  if (place.traffic.candidate.subset === undefined) return false;
  const target = targetOf(place, await readSubsets(place));
  const pods = await readPods(place);
  return changeObject(target, (rule) => addSubset(rule, { traffic: place.traffic, pods }), until);
}

/** Removes the candidate's subset if it is ours, once proxies have stopped routing to it. Returns what to say. */
export async function dropSubset(place: IstioPlace, propagationMs: number, until: Deadline): Promise<string> {
  const rule = await readSubsets(place);
  if (removeSubset(rule, place.traffic).length === 0) return "";
  await sleep(propagationMs, undefined, until.signal && { signal: until.signal });
  await changeObject(targetOf(place, rule), (one) => removeSubset(one, place.traffic), until);
  return `; subset ${place.traffic.candidate.subset} is removed`;
}

/** A share of a subset without a ready pod is a share of answers that are errors. */
export async function subsetsMustAnswer(
  place: IstioPlace,
  subsets: readonly SubsetBackend[],
  percent: number,
): Promise<void> {
  if (subsets.length === 0) return;
  const { cluster, traffic, namespace } = place;
  const [rule, pods, slices] = await Promise.all([
    readSubsets(place),
    readPods(place),
    cluster.list("endpointslices", namespace, slicesOf(traffic.stable.service)),
  ]);
  const ready = readyPods(slices);
  for (const backend of subsets) {
    const labels = subsetLabels(rule, backend.subset);
    const own = labels === undefined ? [] : podsWith(pods, labels);
    if (own.some((pod) => ready.has(textAt(pod, "metadata", "name") ?? ""))) continue;
    throw new OutsideError(`Weight ${percent} was not set: ${nameBackend(backend)} has no ready pod`);
  }
}

async function readPods({ cluster, traffic, namespace }: IstioPlace): Promise<readonly unknown[]> {
  const service = await cluster.get("services", traffic.stable.service, namespace);
  const selector = selectorOf(service);
  if (selector === undefined) {
    throw new OutsideError(
      `Service ${traffic.stable.service} selects no pods in ${namespace}: it has no subsets`,
    );
  }
  const pairs = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
  return cluster.list("pods", namespace, pairs.join(","));
}

function targetOf({ cluster, namespace }: IstioPlace, rule: unknown): Target {
  return {
    cluster,
    resource,
    name: textAt(rule, "metadata", "name") ?? "",
    namespace: textAt(rule, "metadata", "namespace") ?? namespace,
  };
}
