import { at, numberAt, textAt } from "../../core/json.ts";
import { type Condition, conditionsOf, revisionAnnotation } from "./objects.ts";

/** A workload of the release, as much of it as a verdict needs. */
export interface WorkloadFacts {
  readonly kind: "Deployment" | "StatefulSet" | "DaemonSet";
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly wanted: number;
  /** How many of the wanted pods its controller renews by itself: all but those of a partition or of OnDelete. */
  readonly renewed: number;
  readonly updated: number;
  readonly ready: number;
  /** Deployment: its revision annotation. StatefulSet: its update revision. DaemonSet: its template generation. */
  readonly revision: string;
  /** Text of the pod template; the same template has the same text. */
  readonly template: string;
  readonly isPaused: boolean;
  readonly conditions: readonly Condition[];
}

export function workloadFacts(kind: WorkloadFacts["kind"], object: unknown): WorkloadFacts {
  const status = at(object, "status");
  const isDaemon = kind === "DaemonSet";
  const wanted =
    (isDaemon ? numberAt(status, "desiredNumberScheduled") : numberAt(object, "spec", "replicas")) ?? 0;
  return {
    kind,
    name: textAt(object, "metadata", "name") ?? "",
    uid: textAt(object, "metadata", "uid") ?? "",
    generation: numberAt(object, "metadata", "generation") ?? 0,
    observedGeneration: numberAt(status, "observedGeneration") ?? 0,
    wanted,
    renewed: renewedOf(object, wanted),
    updated: numberAt(status, isDaemon ? "updatedNumberScheduled" : "updatedReplicas") ?? 0,
    ready: numberAt(status, isDaemon ? "numberReady" : "readyReplicas") ?? 0,
    revision: revisionOf(kind, object),
    template: JSON.stringify(at(object, "spec", "template") ?? ""),
    isPaused: kind === "Deployment" && at(object, "spec", "paused") === true,
    conditions: conditionsOf(object),
  };
}

function renewedOf(object: unknown, wanted: number): number {
  const strategy = at(object, "spec", "updateStrategy");
  if (textAt(strategy, "type") === "OnDelete") return 0;
  return Math.max(0, wanted - (numberAt(strategy, "rollingUpdate", "partition") ?? 0));
}

function revisionOf(kind: WorkloadFacts["kind"], object: unknown): string {
  if (kind === "Deployment") return revisionAnnotation(object);
  if (kind === "StatefulSet") return textAt(object, "status", "updateRevision") ?? "";
  return textAt(object, "metadata", "annotations", "deprecated.daemonset.template.generation") ?? "";
}
