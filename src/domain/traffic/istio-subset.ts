import { ConfigError, OutsideError } from "../../core/errors.ts";
import { at, isRecord, type Json, listAt, textAt } from "../../core/json.ts";
import { isHostOf, nameBackend } from "./istio.ts";
import { guarded, type PatchOperation, pointerStep } from "./patch.ts";
import type { Selector } from "./service.ts";
import type { IstioTraffic } from "./traffic.ts";

/** What makes a subset that is not there. */
export interface SubsetSource {
  readonly traffic: IstioTraffic;
  /** The pods behind the Service, of both arms. */
  readonly pods: readonly unknown[];
}

const ours = "sluice/subset";

/** The one DestinationRule that splits the Service into subsets. */
export function destinationRuleOf(
  rules: readonly unknown[],
  { stable }: IstioTraffic,
  namespace: string,
): unknown {
  const found = rules.filter((rule) => {
    const objectNamespace = textAt(rule, "metadata", "namespace") ?? namespace;
    return isHostOf(textAt(rule, "spec", "host"), stable.service, { objectNamespace, namespace });
  });
  if (found.length > 1) {
    const names = found.map((rule) => textAt(rule, "metadata", "name")).join(", ");
    throw new ConfigError(
      `Service ${stable.service} must have one DestinationRule with its subsets: got ${names}`,
    );
  }
  const [rule] = found;
  if (subsetIn(rule, stable.subset) !== undefined) return rule;
  const what =
    rule === undefined ? "there is no DestinationRule for it" : "its DestinationRule has no such subset";
  throw new ConfigError(`Traffic cannot go to ${nameBackend(stable)}: ${what}`);
}

/** The labels of a subset; undefined where the rule has no such subset. */
export function subsetLabels(rule: unknown, subset: string | undefined): Selector | undefined {
  return labelsOf(at(subsetIn(rule, subset), "labels"));
}

/** The JSON patch that adds the candidate's subset, with the stable one's settings. Empty: it is there. */
export function addSubset(rule: unknown, { traffic, pods }: SubsetSource): readonly PatchOperation[] {
  const { stable, candidate } = traffic;
  if (candidate.subset === undefined || subsetIn(rule, candidate.subset) !== undefined) return [];
  const stableLabels = subsetLabels(rule, stable.subset) ?? {};
  const policy = at(subsetIn(rule, stable.subset), "trafficPolicy") as Json | undefined;
  const subset: Json = {
    name: candidate.subset,
    labels: candidateLabels(traffic, stableLabels, pods),
    ...(policy === undefined ? {} : { trafficPolicy: policy }),
  };
  const mark: PatchOperation = isRecord(at(rule, "metadata", "annotations"))
    ? { op: "add", path: `/metadata/annotations/${pointerStep(ours)}`, value: candidate.subset }
    : { op: "add", path: "/metadata/annotations", value: { [ours]: candidate.subset } };
  return guarded(rule, [{ op: "add", path: "/spec/subsets/-", value: subset }, mark]);
}

/** The JSON patch that removes the candidate's subset, if it was added by us. */
export function removeSubset(rule: unknown, { candidate }: IstioTraffic): readonly PatchOperation[] {
  const index = listAt(rule, "spec", "subsets").findIndex((one) => textAt(one, "name") === candidate.subset);
  const isOurs = textAt(rule, "metadata", "annotations", ours) === candidate.subset;
  if (index === -1 || !isOurs || candidate.subset === undefined) return [];
  return guarded(rule, [
    { op: "test", path: `/spec/subsets/${index}/name`, value: candidate.subset },
    { op: "remove", path: `/spec/subsets/${index}` },
    { op: "remove", path: `/metadata/annotations/${pointerStep(ours)}` },
  ]);
}

/** Pods that carry all the labels. */
export function podsWith(pods: readonly unknown[], labels: Selector): readonly unknown[] {
  return pods.filter((pod) =>
    Object.entries(labels).every(([key, value]) => textAt(pod, "metadata", "labels", key) === value),
  );
}

/** The candidate's pods are those behind the Service that are not the stable subset's. They must agree on its labels. */
function candidateLabels(traffic: IstioTraffic, stableLabels: Selector, pods: readonly unknown[]): Selector {
  const { candidate } = traffic;
  const stablePods = new Set(podsWith(pods, stableLabels));
  const others = pods.filter(
    (pod) => !stablePods.has(pod) && at(pod, "metadata", "deletionTimestamp") === undefined,
  );
  if (others.length === 0) {
    throw new OutsideError(
      `Subset ${candidate.subset} was not made: every pod of Service ${candidate.service} is the stable subset's`,
    );
  }
  const pairs = Object.keys(stableLabels).map((key) => {
    const values = new Set(others.map((pod) => textAt(pod, "metadata", "labels", key)));
    const [value] = values;
    if (values.size === 1 && value !== undefined) return [key, value] as const;
    throw new OutsideError(
      `Subset ${candidate.subset} was not made: the pods of Service ${candidate.service} beside the stable subset's do not agree on label ${key}`,
    );
  });
  return Object.fromEntries(pairs);
}

function subsetIn(rule: unknown, name: string | undefined): unknown {
  return listAt(rule, "spec", "subsets").find((one) => textAt(one, "name") === name);
}

function labelsOf(value: unknown): Selector | undefined {
  if (!isRecord(value)) return undefined;
  const pairs = Object.entries(value).flatMap(([key, one]) =>
    typeof one === "string" ? [[key, one] as const] : [],
  );
  return Object.fromEntries(pairs);
}
