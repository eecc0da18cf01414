import { listAt, numberAt, textAt } from "../../core/json.ts";
import { isReady } from "./endpoints.ts";
import { type Selector, selectorOf } from "./service.ts";
import { nameRoute, type ReplicasTraffic, type Traffic } from "./traffic.ts";
import { formatPercent } from "./weight.ts";

/** Ready pods behind the front Service: the candidate's, and all others. */
export interface PodCounts {
  readonly candidate: number;
  readonly others: number;
}

/** Something with pods and a scale. */
export interface Workload {
  /** As kubectl takes it, such as `deployments/web-candidate`. */
  readonly resource: string;
  readonly kind: string;
  readonly name: string;
  readonly replicas: number;
}

export type PodTarget =
  | { readonly kind: "count"; readonly count: number; readonly percent: number }
  | { readonly kind: "impossible"; readonly reason: string };

// Ramps go up by ten points: what is farther off than half of that cannot be told from the step beside it.
const widestPoints = 5;
const sharesToName = 8;

/** The share of the candidate's pods in percent; 0 where nobody answers at all. */
export function podShare({ candidate, others }: PodCounts): number {
  return candidate === 0 ? 0 : (100 * candidate) / (candidate + others);
}

/** Whose the front's ready endpoints are, by address. */
export function countPods(front: ReadonlySet<string>, candidate: ReadonlySet<string>): PodCounts {
  const ours = [...front].filter((address) => candidate.has(address)).length;
  return { candidate: ours, others: front.size - ours };
}

/** How many pods give the candidate the share that is nearest, beside so many others. */
export function podTarget(traffic: ReplicasTraffic, percent: number, others: number): PodTarget {
  if (percent === 0) return { kind: "count", count: 0, percent: 0 };
  const { service } = traffic.candidate;
  const cannot = `${nameRoute(traffic)} cannot give ${service} ${percent} %`;
  if (percent === 100) return impossible(`${cannot}: the stable version's pods stay behind it`);
  if (others === 0) return impossible(`${cannot}: no pod of the stable version is ready behind it`);
  const exact = (others * percent) / (100 - percent);
  const distance = (candidate: number) => Math.abs(podShare({ candidate, others }) - percent);
  const low = Math.floor(exact);
  const count = distance(low) <= distance(low + 1) ? low : low + 1;
  if (count > 0 && distance(count) < widestPoints) {
    return { kind: "count", count, percent: podShare({ candidate: count, others }) };
  }
  return impossible(`${cannot} beside ${others} ${pods(others)}: possible are ${possibleShares(others)} %`);
}

/** Why these shares cannot be given, or not be told apart, beside so many pods of others. */
export function shareProblems(
  traffic: ReplicasTraffic,
  percents: readonly number[],
  others: number,
): readonly string[] {
  const targets = percents.map((percent) => ({ percent, target: podTarget(traffic, percent, others) }));
  const impossible = targets.flatMap(({ target }) => (target.kind === "impossible" ? [target.reason] : []));
  const same = targets.flatMap(({ percent, target }) => {
    const twin = targets.find(
      (one) => one.percent < percent && target.kind === "count" && countOf(one.target) === target.count,
    );
    const count = countOf(target);
    return twin === undefined || count === undefined
      ? []
      : [
          `${nameRoute(traffic)} cannot tell ${twin.percent} % from ${percent} %: ` +
            `both are ${count} ${pods(count)} beside ${others}`,
        ];
  });
  return [...impossible, ...same];
}

/** The share that was really reached, for people. */
export function describeShare(traffic: ReplicasTraffic, percent: number, counts: PodCounts): string {
  const reached = podShare(counts);
  const asked =
    formatPercent(reached) === formatPercent(percent) ? "" : `, nearest to the ${percent} % asked for`;
  const all = counts.candidate + counts.others;
  return (
    `${nameRoute(traffic)} gives ${traffic.candidate.service} ${formatPercent(reached)} %: ` +
    `${counts.candidate} of ${all} ready ${pods(all)}${asked}; kept connections and session affinity skew it`
  );
}

/** The workloads whose pods a Service selects. */
export function workloadsOf(
  service: unknown,
  plural: string,
  objects: readonly unknown[],
): readonly Workload[] {
  const selector = selectorOf(service);
  if (selector === undefined) return [];
  return objects.flatMap((object) => {
    const name = textAt(object, "metadata", "name");
    if (name === undefined || !selects(selector, object)) return [];
    const kind = textAt(object, "kind") ?? plural;
    return [
      { resource: `${plural}/${name}`, kind, name, replicas: numberAt(object, "spec", "replicas") ?? 1 },
    ];
  });
}

/** So many pods in all, shared out among the workloads; the first get what is left over. */
export function shareOut(count: number, workloads: readonly Workload[]): readonly number[] {
  const each = Math.floor(count / workloads.length);
  return workloads.map((_, index) => each + (index < count % workloads.length ? 1 : 0));
}

/** Why a candidate may not be installed as it is rendered: its pods would get traffic as soon as they are ready. */
export function startProblems(
  traffic: Traffic,
  objects: readonly { readonly kind: string; readonly name: string; readonly body: unknown }[],
): readonly string[] {
  if (traffic.provider !== "replicas") return [];
  return objects.flatMap(({ kind, name, body }) => {
    if (kind === "HorizontalPodAutoscaler") {
      return [`${kind} ${name} would set the candidate's share of traffic: leave it out by "candidate-set"`];
    }
    const replicas = numberAt(body, "spec", "replicas") ?? 1;
    if ((kind !== "Deployment" && kind !== "StatefulSet") || replicas === 0) return [];
    return [
      `${kind} ${name} must begin without pods, as they get traffic at once by provider "replicas": ` +
        `got ${replicas}, "candidate-set" can set it to 0`,
    ];
  });
}

/** An autoscaler of a workload would set another number of pods, and so another share. */
export function scalerProblems(
  workloads: readonly Workload[],
  autoscalers: readonly unknown[],
): readonly string[] {
  return workloads.flatMap(({ kind, name }) => {
    const scaler = autoscalers.find(
      (one) =>
        textAt(one, "spec", "scaleTargetRef", "kind") === kind &&
        textAt(one, "spec", "scaleTargetRef", "name") === name,
    );
    const scalerName = textAt(scaler, "metadata", "name");
    if (scalerName === undefined) return [];
    return [
      `HorizontalPodAutoscaler ${scalerName} sets the pods of ${kind} ${name}, which are its share of traffic: ` +
        "leave it out of the candidate's values",
    ];
  });
}

function selects(selector: Selector, workload: unknown): boolean {
  return Object.entries(selector).every(
    ([key, value]) => textAt(workload, "spec", "template", "metadata", "labels", key) === value,
  );
}

function possibleShares(others: number): string {
  const shares = Array.from({ length: sharesToName }, (_, index) =>
    Math.round(podShare({ candidate: index + 1, others })),
  );
  return `${[...new Set(shares)].join(", ")} …`;
}

function countOf(target: PodTarget): number | undefined {
  return target.kind === "count" ? target.count : undefined;
}

function impossible(reason: string): PodTarget {
  return { kind: "impossible", reason };
}

function pods(count: number): string {
  return count === 1 ? "pod" : "pods";
}

/** Names of the ready pods behind a Service. */
export function readyPods(slices: readonly unknown[]): ReadonlySet<string> {
  const endpoints = slices.flatMap((slice) => listAt(slice, "endpoints")).filter(isReady);
  return new Set(endpoints.flatMap((endpoint) => textAt(endpoint, "targetRef", "name") ?? []));
}
