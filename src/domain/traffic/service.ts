import { ConfigError, OutsideError } from "../../core/errors.ts";
import { at, isRecord, type Json, listAt, textAt } from "../../core/json.ts";
import { guarded, type PatchOperation } from "./patch.ts";
import { nameRoute, type ServiceTraffic } from "./traffic.ts";

export type Selector = Readonly<Record<string, string>>;

/** The Services of both arms, as far as they are there, and the one in front. */
export interface Services {
  readonly front: unknown;
  readonly stable: unknown;
  readonly candidate: unknown;
}

/** Labels that a Service selects pods by; undefined where it selects none. */
export function selectorOf(service: unknown): Selector | undefined {
  const found = at(service, "spec", "selector");
  if (!isRecord(found)) return undefined;
  const pairs = Object.entries(found).flatMap(([key, value]) =>
    typeof value === "string" ? [[key, value] as const] : [],
  );
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
}

/** The candidate's share as the front's selector says it. Refuses to guess. */
export function servingPercent(traffic: ServiceTraffic, services: Services): 0 | 100 {
  const [overlap] = overlapProblems(traffic, services);
  if (overlap !== undefined) throw new ConfigError(overlap);
  const selected = selectorOf(services.front);
  if (isSame(selected, selectorOf(services.stable))) return 0;
  if (isSame(selected, selectorOf(services.candidate))) return 100;
  throw new OutsideError(
    `${nameRoute(traffic)} selects ${describe(selected)}, as neither ${traffic.stable.service} nor ` +
      `${traffic.candidate.service} does: which of the two serves is not known`,
  );
}

/** The JSON patch that lets the front select what the arm's Service selects. Empty: it does already. */
export function selectorPatch(front: unknown, arm: unknown): readonly PatchOperation[] {
  const wanted = selectorOf(arm);
  const old = at(front, "spec", "selector");
  if (wanted === undefined || isSame(selectorOf(front), wanted)) return [];
  const path = "/spec/selector";
  const test = old === undefined ? [] : [{ op: "test" as const, path, value: old as Json }];
  return guarded(front, [...test, { op: "add", path, value: wanted }]);
}

/** Why traffic could not be switched between the two, one sentence each. */
export function switchProblems(
  traffic: ServiceTraffic,
  services: Services,
  percents: readonly number[],
): readonly string[] {
  const owner = helmOwner(services.front);
  return [
    ...percents.flatMap((percent) => partProblem(traffic, percent) ?? []),
    ...(owner === undefined ? [] : [ownerProblem(traffic, owner)]),
    ...overlapProblems(traffic, services),
  ];
}

/** A selector knows no shares. */
export function partProblem(traffic: ServiceTraffic, percent: number): string | undefined {
  if (percent === 0 || percent === 100) return undefined;
  return `${nameRoute(traffic)} switches all traffic at once: its weight must be 0 or 100, got ${percent}`;
}

/** The release that Helm wrote into an object, which the next upgrade writes anew. */
export function helmOwner(object: unknown): string | undefined {
  return textAt(object, "metadata", "annotations", "meta.helm.sh/release-name");
}

export function ownerProblem(traffic: ServiceTraffic, owner: string): string {
  return (
    `${nameRoute(traffic)} belongs to Helm release ${owner}, whose next upgrade would switch it back: ` +
    `take it out of the chart, or name another Service in "route"`
  );
}

/** Pods that both select would get traffic whichever of the two is meant to serve. */
function overlapProblems(traffic: ServiceTraffic, services: Services): readonly string[] {
  const stable = selectorOf(services.stable);
  const candidate = selectorOf(services.candidate);
  if (stable === undefined || candidate === undefined) return [];
  const names = [traffic.stable.service, traffic.candidate.service] as const;
  if (isWithin(stable, candidate)) return [overlap(names, stable)];
  return isWithin(candidate, stable) ? [overlap([names[1], names[0]], candidate)] : [];
}

function overlap([wide, narrow]: readonly [string, string], selector: Selector): string {
  return `Service ${wide} selects ${describe(selector)} and so the pods of ${narrow} too: their selectors must keep the two apart`;
}

/** Whether every pod that the second selects is selected by the first. */
function isWithin(wide: Selector, narrow: Selector): boolean {
  return Object.entries(wide).every(([key, value]) => narrow[key] === value);
}

function isSame(one: Selector | undefined, other: Selector | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return isWithin(one, other) && isWithin(other, one);
}

function describe(selector: Selector | undefined): string {
  if (selector === undefined) return "no pods";
  return Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

/** The Service in front, as one of the arms would have it. */
export function frontService(traffic: ServiceTraffic, arm: unknown, namespace: string): FrontService {
  const selector = selectorOf(arm);
  const name = textAt(arm, "metadata", "name") ?? "of the arm";
  if (selector === undefined) {
    throw new ConfigError(`Service ${name} selects no pods: ${nameRoute(traffic)} cannot be made from it`);
  }
  const affinity = textAt(arm, "spec", "sessionAffinity");
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: traffic.route.name,
      namespace: traffic.route.namespace ?? namespace,
      labels: { "app.kubernetes.io/managed-by": "sluice" },
    },
    spec: {
      type: "ClusterIP",
      ...(affinity === undefined ? {} : { sessionAffinity: affinity }),
      ports: listAt(arm, "spec", "ports").map(portOf),
      selector,
    },
  };
}

export type FrontService = { readonly [key: string]: Json };

/** A port without what the cluster gave to the arm's own Service. */
function portOf(port: unknown): Json {
  const kept = ["name", "protocol", "appProtocol", "port", "targetPort"].flatMap((key) => {
    const value = at(port, key);
    return value === undefined ? [] : [[key, value as Json] as const];
  });
  return Object.fromEntries(kept);
}
