import { at, isRecord, listAt, numberAt, textAt } from "../../core/json.ts";

export const scaledKinds = ["Deployment", "StatefulSet"] as const;

/** A workload whose number of pods is a field of its own. */
export interface ScaledWorkload {
  readonly kind: (typeof scaledKinds)[number];
  readonly name: string;
}

export interface Autoscaler {
  readonly name: string;
  readonly maxReplicas: number;
  /** Its policy for scaling down, or `none`. */
  readonly scaleDown: string;
  /** The policy before we pinned it; absent where it is not pinned. */
  readonly pinnedFrom?: string;
}

/** How many pods a workload has now. */
export interface LiveCount extends ScaledWorkload {
  readonly wanted: number;
  /** Ready pods, of whatever template. */
  readonly ready: number;
  /** The controller has seen the newest template, and every pod is of it. */
  readonly isUniform: boolean;
  /** Why the controller cannot make more pods, in its words. */
  readonly refusal?: string;
  /** The Helm release that it says it belongs to. */
  readonly release?: string;
  /** Labels of its pods. */
  readonly labels: Readonly<Record<string, string>>;
  readonly autoscaler?: Autoscaler;
}

/** Marks an autoscaler that we keep from scaling down, and keeps the policy it had. */
export const pinAnnotation = "sluice/scale-down";

export function isScaled(kind: string): kind is ScaledWorkload["kind"] {
  return scaledKinds.some((one) => one === kind);
}

export function sameWorkload(a: ScaledWorkload, b: ScaledWorkload): boolean {
  return a.kind === b.kind && a.name === b.name;
}

/** The count of one live object; `autoscalers` are all of its namespace. */
export function liveCountOf(object: unknown, autoscalers: readonly unknown[]): LiveCount | undefined {
  const kind = textAt(object, "kind") ?? "";
  if (!isScaled(kind)) return undefined;
  const name = textAt(object, "metadata", "name") ?? "";
  const status = at(object, "status");
  const total = numberAt(status, "replicas") ?? 0;
  const updated = numberAt(status, "updatedReplicas") ?? 0;
  const isSeen =
    (numberAt(status, "observedGeneration") ?? 0) >= (numberAt(object, "metadata", "generation") ?? 0);
  const release = textAt(object, "metadata", "annotations", "meta.helm.sh/release-name");
  const autoscaler = autoscalers.find(
    (one) =>
      textAt(one, "spec", "scaleTargetRef", "kind") === kind &&
      textAt(one, "spec", "scaleTargetRef", "name") === name,
  );
  const refusal = refusalOf(object);
  return {
    kind,
    name,
    wanted: numberAt(object, "spec", "replicas") ?? 1,
    ready: numberAt(status, "readyReplicas") ?? 0,
    isUniform: isSeen && updated === total,
    labels: labelsOf(at(object, "spec", "template", "metadata", "labels")),
    ...(refusal === undefined ? {} : { refusal }),
    ...(release === undefined ? {} : { release }),
    ...(autoscaler === undefined ? {} : { autoscaler: autoscalerOf(autoscaler) }),
  };
}

function refusalOf(object: unknown): string | undefined {
  const failure = listAt(object, "status", "conditions").find(
    (one) => at(one, "type") === "ReplicaFailure" && at(one, "status") === "True",
  );
  return textAt(failure, "message");
}

function labelsOf(labels: unknown): Readonly<Record<string, string>> {
  if (!isRecord(labels)) return {};
  return Object.fromEntries(
    Object.entries(labels).filter((pair): pair is [string, string] => typeof pair[1] === "string"),
  );
}

function autoscalerOf(object: unknown): Autoscaler {
  const pinnedFrom = textAt(object, "metadata", "annotations", pinAnnotation);
  return {
    name: textAt(object, "metadata", "name") ?? "",
    maxReplicas: numberAt(object, "spec", "maxReplicas") ?? Number.POSITIVE_INFINITY,
    scaleDown: textAt(object, "spec", "behavior", "scaleDown", "selectPolicy") ?? "none",
    ...(pinnedFrom === undefined ? {} : { pinnedFrom }),
  };
}

/** The workloads whose pods a Service selects. */
export function behindSelector(counts: readonly LiveCount[], selector: unknown): readonly LiveCount[] {
  if (!isRecord(selector) || Object.keys(selector).length === 0) return [];
  return counts.filter(({ labels }) =>
    Object.entries(selector).every(([key, value]) => labels[key] === value),
  );
}
