import { ConfigError } from "../../core/errors.ts";
import { at, listAt, numberAt, textAt } from "../../core/json.ts";
import { type IstioTraffic, nameRoute, type SubsetBackend } from "./traffic.ts";

/** One destination of a route, where it stands in the route's list. */
export interface RouteDestination {
  readonly index: number;
  readonly host: string;
  readonly weight: number;
  readonly object: unknown;
}

/** One http, tcp or tls route of a VirtualService that names the stable destination. */
export interface SharedRoute {
  /** JSON pointer of the route. */
  readonly path: string;
  /** For sentences: the route's name, or its kind and place counted from 1. */
  readonly label: string;
  readonly stable: RouteDestination;
  readonly candidate?: RouteDestination;
  /** Sum of the weights of all destinations that are not ours. */
  readonly foreignWeight: number;
}

const protocols = ["http", "tls", "tcp"] as const;

/** The routes whose weights are ours to set. What we cannot see through, or shares nothing with us, is refused. */
export function sharedRoutes(
  object: unknown,
  traffic: IstioTraffic,
  namespace: string,
): readonly SharedRoute[] {
  const { rule } = traffic.route;
  const found = protocols.flatMap((protocol) =>
    listAt(object, "spec", protocol).flatMap((route, index) => {
      if (rule !== undefined && textAt(route, "name") !== rule) return [];
      const label = textAt(route, "name") ?? `${protocol} ${index + 1}`;
      refuseDelegate(route, traffic);
      const shared = readRoute(route, { object, traffic, namespace, label });
      return shared === undefined ? [] : [{ ...shared, path: `/spec/${protocol}/${index}`, label }];
    }),
  );
  if (found.length > 0) return found;
  const where = rule === undefined ? "no route" : `no route "${rule}"`;
  throw new ConfigError(
    `${nameRoute(traffic)} cannot carry the traffic of ${nameBackend(traffic.stable)}: it has ${where} with that destination`,
  );
}

/** The share the route gives the candidate out of our pair, in percent; 0 where the pair gets nothing. */
export function routePercent({ stable, candidate }: SharedRoute): number {
  const ours = stable.weight + (candidate?.weight ?? 0);
  return ours === 0 ? 0 : (100 * (candidate?.weight ?? 0)) / ours;
}

/** A backend in a sentence. */
export function nameBackend({ service, subset }: SubsetBackend): string {
  return subset === undefined ? service : `${service} (subset ${subset})`;
}

/** Whether a host names a Service, as Istio reads it: short names are of the object's own namespace. */
export function isHostOf(
  host: string | undefined,
  service: string,
  { objectNamespace, namespace }: Namespaces,
): boolean {
  if (host === undefined) return false;
  if (host === service) return objectNamespace === namespace;
  return host.startsWith(`${service}.${namespace}.svc.`) || host === `${service}.${namespace}.svc`;
}

export interface Namespaces {
  /** Of the object that names the host. */
  readonly objectNamespace: string;
  /** Of the release and its Services. */
  readonly namespace: string;
}

function refuseDelegate(route: unknown, traffic: IstioTraffic): void {
  const delegate = textAt(route, "delegate", "name");
  if (delegate === undefined) return;
  throw new ConfigError(
    `${nameRoute(traffic)} delegates to VirtualService ${delegate}: name the one that holds the routes in "route"`,
  );
}

interface Reading {
  readonly object: unknown;
  readonly traffic: IstioTraffic;
  readonly namespace: string;
  readonly label: string;
}

function readRoute(route: unknown, reading: Reading): Omit<SharedRoute, "path" | "label"> | undefined {
  const { traffic } = reading;
  const list = listAt(route, "route");
  const stable = findDestination(list, traffic.stable, reading);
  if (stable === undefined) return undefined;
  const candidate = findDestination(list, traffic.candidate, reading);
  const weights = list.map((one) => weightOf(one, list.length));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const foreignWeight = sum - stable.weight - (candidate?.weight ?? 0);
  return { stable, foreignWeight, ...(candidate === undefined ? {} : { candidate }) };
}

function findDestination(
  list: readonly unknown[],
  backend: SubsetBackend,
  { object, namespace, traffic, label }: Reading,
): RouteDestination | undefined {
  const objectNamespace = textAt(object, "metadata", "namespace") ?? namespace;
  const found = list.flatMap((one, index) => {
    const host = textAt(one, "destination", "host");
    const port = numberAt(one, "destination", "port", "number");
    const subset = textAt(one, "destination", "subset");
    const isOurs =
      isHostOf(host, backend.service, { objectNamespace, namespace }) &&
      (backend.subset === undefined || subset === backend.subset) &&
      (backend.port === undefined || port === undefined || port === backend.port);
    const weight = weightOf(one, list.length);
    return isOurs && host !== undefined ? [{ index, host, weight, object: one }] : [];
  });
  if (found.length <= 1) return found[0];
  throw new ConfigError(
    `Route ${label} of ${nameRoute(traffic)} names ${nameBackend(backend)} ${found.length} times: give its port or subset in "traffic"`,
  );
}

/** The only destination of a route gets everything; among several, one without a weight gets nothing. */
function weightOf(destination: unknown, length: number): number {
  return length === 1 ? 100 : (numberAt(destination, "weight") ?? 0);
}

/** Whether a destination changes headers for its share alone. */
export function changesHeaders(destination: unknown): boolean {
  return at(destination, "headers") !== undefined;
}
