import { ConfigError } from "../../core/errors.ts";
import { isRecord, listAt, numberAt, textAt } from "../../core/json.ts";
import { type GatewayTraffic, nameRoute, type TrafficBackend } from "./traffic.ts";

/** One backend of a rule, where it stands in the rule's list. */
export interface RuleBackend {
  readonly index: number;
  readonly service: string;
  /** As the gateway counts it: missing means 1. */
  readonly weight: number;
  readonly object: unknown;
}

/** One rule of a route that names the stable service. */
export interface SharedRule {
  readonly index: number;
  /** For sentences: the rule's name, or its place counted from 1. */
  readonly label: string;
  readonly stable: RuleBackend;
  readonly candidate?: RuleBackend;
  /** How many backends the rule has. */
  readonly length: number;
  /** Sum of the weights of all backends that are not ours. */
  readonly foreignWeight: number;
}

/** The rules whose weights are ours to set. A route that shares nothing with us is refused, not left alone in silence. */
export function sharedRules(
  route: unknown,
  traffic: GatewayTraffic,
  namespace: string,
): readonly SharedRule[] {
  const rules = listAt(route, "spec", "rules").flatMap((rule, index) => {
    const only = traffic.route.rule;
    if (only !== undefined && textAt(rule, "name") !== only) return [];
    const shared = readRule(rule, index, { route, traffic, namespace });
    return shared === undefined ? [] : [shared];
  });
  if (rules.length > 0) return rules;
  const where = traffic.route.rule === undefined ? "no rule" : `no rule "${traffic.route.rule}"`;
  throw new ConfigError(
    `${nameRoute(traffic)} cannot carry the traffic of ${traffic.stable.service}: it has ${where} with that backend`,
  );
}

/** The share the rule gives the candidate out of our pair, in percent; undefined where the pair gets nothing. */
export function candidatePercent(rule: SharedRule): number | undefined {
  const ours = rule.stable.weight + (rule.candidate?.weight ?? 0);
  return ours === 0 ? undefined : (100 * (rule.candidate?.weight ?? 0)) / ours;
}

interface Place {
  readonly route: unknown;
  readonly traffic: GatewayTraffic;
  readonly namespace: string;
}

function readRule(rule: unknown, index: number, place: Place): SharedRule | undefined {
  const { traffic } = place;
  const label = textAt(rule, "name") ?? `${index + 1}`;
  const refs = listAt(rule, "backendRefs");
  const find = (backend: TrafficBackend) => findBackend(refs, backend, { ...place, label });
  const stable = find(traffic.stable);
  if (stable === undefined) return undefined;
  const candidate = find(traffic.candidate);
  const foreignWeight = refs
    .filter((_, at) => at !== stable.index && at !== candidate?.index)
    .reduce<number>((sum, ref) => sum + weightOf(ref), 0);
  return {
    index,
    label,
    stable,
    length: refs.length,
    foreignWeight,
    ...(candidate === undefined ? {} : { candidate }),
  };
}

function findBackend(
  refs: readonly unknown[],
  backend: TrafficBackend,
  place: Place & { readonly label: string },
): RuleBackend | undefined {
  const routeNamespace = textAt(place.route, "metadata", "namespace") ?? place.namespace;
  const found = refs.flatMap((ref, index) => {
    const isService = (textAt(ref, "kind") ?? "Service") === "Service" && (textAt(ref, "group") ?? "") === "";
    const isHere = (textAt(ref, "namespace") ?? routeNamespace) === place.namespace;
    const isPort = backend.port === undefined || numberAt(ref, "port") === backend.port;
    const isOurs = isRecord(ref) && ref.name === backend.service && isService && isHere && isPort;
    return isOurs ? [{ index, service: backend.service, weight: weightOf(ref), object: ref }] : [];
  });
  if (found.length <= 1) return found[0];
  throw new ConfigError(
    `Rule ${place.label} of ${nameRoute(place.traffic)} names ${backend.service} ${found.length} times: give its port in "traffic"`,
  );
}

function weightOf(ref: unknown): number {
  return numberAt(ref, "weight") ?? 1;
}
