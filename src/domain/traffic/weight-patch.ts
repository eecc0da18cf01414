import { ConfigError } from "../../core/errors.ts";
import { type Json, listAt, numberAt, textAt } from "../../core/json.ts";
import { guarded, type PatchOperation } from "./patch.ts";
import { type RuleBackend, type SharedRule, sharedRules } from "./route.ts";
import { type GatewayTraffic, nameRoute } from "./traffic.ts";
import { mustBeWeight } from "./weight.ts";

export interface WantedWeight {
  readonly traffic: GatewayTraffic;
  /** Namespace of the release. */
  readonly namespace: string;
  /** The candidate's share of our pair, a whole number from 0 to 100. */
  readonly percent: number;
}

/**
 * The JSON patch that gives the candidate its share in every rule that is ours, and touches no other field.
 * Its tests make the server refuse it when the route has changed since it was read. Empty: nothing to change.
 */
export function weightPatch(route: unknown, wanted: WantedWeight): readonly PatchOperation[] {
  const { percent, traffic, namespace } = wanted;
  mustBeWeight(percent);
  const rules = sharedRules(route, traffic, namespace);
  return guarded(
    route,
    rules.flatMap((rule) => rulePatch(rule, wanted)),
  );
}

/** The JSON patch that names the candidate, at weight 0 and with every default written out, wherever it is missing. */
export function backendPatch(route: unknown, wanted: WantedWeight): readonly PatchOperation[] {
  const rules = sharedRules(route, wanted.traffic, wanted.namespace);
  const operations = rules
    .filter((rule) => rule.candidate === undefined)
    .flatMap((rule) => {
      // A share that the weights cannot express is refused before anything is written.
      rulePatch(asIfNamed(rule, wanted.traffic), wanted);
      const list = `/spec/rules/${rule.index}/backendRefs`;
      const value = newBackend(route, rule, wanted);
      return [
        { op: "test", path: `${list}/${rule.stable.index}/name`, value: rule.stable.service } as const,
        { op: "add", path: `${list}/-`, value } as const,
      ];
    });
  return guarded(route, operations);
}

/** Why a candidate could not be given traffic through this route, one sentence each; empty when it could. */
export function weightProblems(route: unknown, wanted: WantedWeight): readonly string[] {
  return sharedRules(route, wanted.traffic, wanted.namespace).flatMap((rule) => {
    try {
      if (wanted.percent > 0 && rule.candidate === undefined) newBackend(route, rule, wanted);
      rulePatch(asIfNamed(rule, wanted.traffic), wanted);
      return [];
    } catch (error) {
      if (error instanceof ConfigError) return [error.message];
      throw error;
    }
  });
}

function rulePatch(rule: SharedRule, { traffic, percent }: WantedWeight): readonly PatchOperation[] {
  const { candidate, stable } = rule;
  if (candidate === undefined) {
    // Without the candidate in it, a rule already gives the candidate nothing.
    if (percent === 0) return [];
    throw new ConfigError(
      `${nameOf(rule, traffic)} names ${traffic.stable.service} but not ${traffic.candidate.service}`,
    );
  }
  const total = pairTotal(rule, traffic, percent);
  const wanted = Math.round((total * percent) / 100);
  if (candidate.weight === wanted && stable.weight === total - wanted) return [];
  return [...setWeight(rule, stable, total - wanted), ...setWeight(rule, candidate, wanted)];
}

function asIfNamed(rule: SharedRule, { candidate }: GatewayTraffic): SharedRule {
  const absent = { index: rule.length, service: candidate.service, weight: 0, object: undefined };
  return { ...rule, candidate: rule.candidate ?? absent };
}

function newBackend(route: unknown, rule: SharedRule, { traffic, namespace }: WantedWeight): Json {
  const { stable } = rule;
  if (listAt(stable.object, "filters").length > 0) {
    throw new ConfigError(
      `${nameOf(rule, traffic)} filters what goes to ${stable.service}: ` +
        `add ${traffic.candidate.service} with weight 0 and the filters it needs`,
    );
  }
  const port = traffic.candidate.port ?? numberAt(stable.object, "port");
  const isElsewhere = textAt(route, "metadata", "namespace") !== namespace;
  return {
    group: "",
    kind: "Service",
    name: traffic.candidate.service,
    ...(isElsewhere ? { namespace } : {}),
    ...(port === undefined ? {} : { port }),
    weight: 0,
  };
}

/** What the weights of our pair sum up to: 100 where the rule is ours alone, else what it was, so that others keep their share. */
function pairTotal(rule: SharedRule, traffic: GatewayTraffic, percent: number): number {
  const total = rule.stable.weight + (rule.candidate?.weight ?? 0);
  if (rule.foreignWeight === 0) {
    // All weights zero answers 500 to everyone: only the way back to the stable version may end that.
    if (total > 0 || percent === 0) return 100;
    throw new ConfigError(
      `${nameOf(rule, traffic)} gives all its backends weight 0: give ${traffic.stable.service} a weight`,
    );
  }
  if (percent === 0) return total;
  const exact = (total * percent) / 100;
  if (total > 0 && Math.abs(Math.round(exact) - exact) <= total / 200) return total;
  throw new ConfigError(
    `${nameOf(rule, traffic)} cannot give ${traffic.candidate.service} ${percent} %: beside other backends, ` +
      `the weights of our two must sum up to at least 100 but sum up to ${total}`,
  );
}

function setWeight(rule: SharedRule, backend: RuleBackend, weight: number): readonly PatchOperation[] {
  const path = `/spec/rules/${rule.index}/backendRefs/${backend.index}`;
  return [
    { op: "test", path: `${path}/name`, value: backend.service },
    // On a member that is there already, add replaces it; a missing weight is why it is not "replace".
    { op: "add", path: `${path}/weight`, value: weight },
  ];
}

function nameOf(rule: SharedRule, traffic: GatewayTraffic): string {
  return `Rule ${rule.label} of ${nameRoute(traffic)}`;
}
