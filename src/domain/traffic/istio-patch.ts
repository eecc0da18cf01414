import { ConfigError } from "../../core/errors.ts";
import { at, type Json, listAt, numberAt, textAt } from "../../core/json.ts";
import { changesHeaders, nameBackend, type SharedRoute, sharedRoutes } from "./istio.ts";
import { guarded, type PatchOperation } from "./patch.ts";
import { type IstioTraffic, nameRoute } from "./traffic.ts";
import { mustBeWeight } from "./weight.ts";

export interface WantedShare {
  readonly traffic: IstioTraffic;
  /** Namespace of the release. */
  readonly namespace: string;
  /** The candidate's share of our pair, a whole number from 0 to 100. */
  readonly percent: number;
}

/**
 * The JSON patch that gives the candidate its share in every route that is ours. Weights stay whole and sum up to 100:
 * other destinations keep theirs. A candidate that is missing is added. Empty: nothing to change.
 */
export function istioPatch(object: unknown, wanted: WantedShare): readonly PatchOperation[] {
  mustBeWeight(wanted.percent);
  const routes = sharedRoutes(object, wanted.traffic, wanted.namespace);
  return guarded(
    object,
    routes.flatMap((route) => routePatch(route, wanted)),
  );
}

/** Why the candidate could not be given this share, one sentence each; empty when it could. */
export function istioProblems(object: unknown, wanted: WantedShare): readonly string[] {
  return sharedRoutes(object, wanted.traffic, wanted.namespace).flatMap((route) => {
    try {
      routePatch(route, wanted);
      return [];
    } catch (error) {
      if (error instanceof ConfigError) return [error.message];
      throw error;
    }
  });
}

function routePatch(route: SharedRoute, wanted: WantedShare): readonly PatchOperation[] {
  const { stable, candidate, path } = route;
  const [forStable, forCandidate] = weightsFor(route, wanted);
  const test: PatchOperation = {
    op: "test",
    path: `${path}/route/${stable.index}/destination/host`,
    value: stable.host,
  };
  const set: PatchOperation = { op: "add", path: `${path}/route/${stable.index}/weight`, value: forStable };
  if (candidate === undefined) {
    // Without the candidate in it, a route already gives the candidate nothing.
    if (wanted.percent === 0) return [];
    const value = newDestination(route, wanted, forCandidate);
    return [test, set, { op: "add", path: `${path}/route/-`, value }];
  }
  if (stable.weight === forStable && candidate.weight === forCandidate) return [];
  return [
    test,
    set,
    { op: "test", path: `${path}/route/${candidate.index}/destination/host`, value: candidate.host },
    { op: "add", path: `${path}/route/${candidate.index}/weight`, value: forCandidate },
  ];
}

function weightsFor(route: SharedRoute, { traffic, percent }: WantedShare): readonly [number, number] {
  const total = route.stable.weight + (route.candidate?.weight ?? 0);
  if (percent === 0) return [total, 0];
  const name = `Route ${route.label} of ${nameRoute(traffic)}`;
  if (total + route.foreignWeight !== 100) {
    throw new ConfigError(
      `${name} must have weights that sum up to 100: they sum up to ${total + route.foreignWeight}`,
    );
  }
  const exact = (total * percent) / 100;
  const weight = Math.round(exact);
  // One point of the pair's share is as much as whole weights beside others may be off, and some is never none.
  if (weight > 0 && Math.abs(weight - exact) <= total / 100) return [total - weight, weight];
  throw new ConfigError(
    `${name} cannot give ${nameBackend(traffic.candidate)} ${percent} %: ` +
      `other destinations have ${route.foreignWeight} of 100, and weights are whole numbers`,
  );
}

function newDestination({ stable, label }: SharedRoute, { traffic }: WantedShare, weight: number): Json {
  const { candidate } = traffic;
  if (changesHeaders(stable.object)) {
    throw new ConfigError(
      `Route ${label} of ${nameRoute(traffic)} changes headers for ${nameBackend(traffic.stable)}: ` +
        `add ${nameBackend(candidate)} with weight 0 and the headers it needs`,
    );
  }
  const port = candidate.port ?? numberAt(stable.object, "destination", "port", "number");
  // Short or whole, as the stable destination's.
  const host = `${candidate.service}${stable.host.slice(traffic.stable.service.length)}`;
  const destination = {
    host,
    ...(candidate.subset === undefined ? {} : { subset: candidate.subset }),
    ...(port === undefined ? {} : { port: { number: port } }),
  };
  return { destination, weight };
}

/** What Istio says about an object: nothing at all, unless its status is switched on. */
export type IstioSays =
  | { readonly kind: "accepted" }
  | { readonly kind: "silent" }
  /** `seen`: this generation, but something is wrong with it. */
  | { readonly kind: "waiting" | "seen"; readonly reason: string };

/** Whether Istio has seen the object's present generation and finds no error in it. */
export function judgeIstio(object: unknown): IstioSays {
  const seen = at(object, "status", "observedGeneration");
  if (seen === undefined) return { kind: "silent" };
  const generation = numberAt(object, "metadata", "generation") ?? 0;
  // A 64-bit number is a text in JSON.
  if (!(Number(seen) >= generation)) {
    return { kind: "waiting", reason: `Istio has not seen generation ${generation}` };
  }
  const error = listAt(object, "status", "validationMessages").find(
    (one) => textAt(one, "level") === "ERROR",
  );
  if (error !== undefined) {
    const code = textAt(error, "type", "code") ?? "no code";
    return { kind: "seen", reason: `Istio finds an error: ${code} ${textAt(error, "type", "name") ?? ""}` };
  }
  const reconciled = listAt(object, "status", "conditions").find(
    (one) => textAt(one, "type") === "Reconciled" && textAt(one, "status") === "False",
  );
  if (reconciled === undefined) return { kind: "accepted" };
  return { kind: "seen", reason: `Istio says Reconciled is False: ${textAt(reconciled, "message") ?? ""}` };
}
