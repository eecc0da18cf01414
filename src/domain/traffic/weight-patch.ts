import { ConfigError } from "../../core/errors.ts";
import { textAt } from "../../core/json.ts";
import { nameRoute, type RuleBackend, type SharedRule, sharedRules } from "./route.ts";
import type { Traffic } from "./traffic.ts";

export type PatchOperation = {
  readonly op: "test" | "add";
  readonly path: string;
  readonly value: string | number;
};

export interface WantedWeight {
  readonly traffic: Traffic;
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
  if (!(Number.isInteger(percent) && percent >= 0 && percent <= 100)) {
    throw new ConfigError(`Weight must be a whole number from 0 to 100: got "${percent}"`);
  }
  const operations = sharedRules(route, traffic, namespace).flatMap((rule) =>
    rulePatch(rule, traffic, percent),
  );
  if (operations.length === 0) return [];
  const resourceVersion = textAt(route, "metadata", "resourceVersion") ?? "";
  return [{ op: "test", path: "/metadata/resourceVersion", value: resourceVersion }, ...operations];
}

/** Why a candidate could not be given traffic through this route, one sentence each; empty when it could. */
export function weightProblems(route: unknown, wanted: WantedWeight): readonly string[] {
  return sharedRules(route, wanted.traffic, wanted.namespace).flatMap((rule) => {
    try {
      rulePatch(rule, wanted.traffic, wanted.percent);
      return [];
    } catch (error) {
      if (error instanceof ConfigError) return [error.message];
      throw error;
    }
  });
}

function rulePatch(rule: SharedRule, traffic: Traffic, percent: number): readonly PatchOperation[] {
  const { candidate, stable } = rule;
  if (candidate === undefined) {
    // Without the candidate in it, a rule already gives the candidate nothing.
    if (percent === 0) return [];
    throw new ConfigError(
      `${nameOf(rule, traffic)} names ${traffic.stable.service} but not ${traffic.candidate.service}: add it with weight 0`,
    );
  }
  const total = pairTotal(rule, traffic, percent);
  const wanted = Math.round((total * percent) / 100);
  if (candidate.weight === wanted && stable.weight === total - wanted) return [];
  return [...setWeight(rule, stable, total - wanted), ...setWeight(rule, candidate, wanted)];
}

/** What the weights of our pair sum up to: 100 where the rule is ours alone, else what it was, so that others keep their share. */
function pairTotal(rule: SharedRule, traffic: Traffic, percent: number): number {
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

function nameOf(rule: SharedRule, traffic: Traffic): string {
  return `Rule ${rule.label} of ${nameRoute(traffic)}`;
}
