import { at, isRecord, listAt, numberAt, textAt } from "../../core/json.ts";

/** A workload of the release, as much of it as a verdict needs. */
export interface WorkloadFacts {
  readonly kind: "Deployment" | "StatefulSet" | "DaemonSet";
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly wanted: number;
  readonly updated: number;
  readonly ready: number;
  /** Deployment: its revision annotation. StatefulSet: its update revision. DaemonSet: its template generation. */
  readonly revision: string;
  readonly conditions: readonly Condition[];
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export interface ReplicaSetFacts {
  readonly name: string;
  readonly uid: string;
  readonly ownerUid: string;
  readonly revision: string;
  readonly conditions: readonly Condition[];
}

export interface ContainerFacts {
  readonly name: string;
  readonly isInit: boolean;
  readonly image: string;
  readonly isReady: boolean;
  readonly restarts: number;
  readonly waiting?: { readonly reason: string; readonly message: string };
  /** How it ended last, now or in the life before this one. */
  readonly ended?: { readonly exitCode: number; readonly reason: string; readonly signal?: number };
  readonly hasRunBefore: boolean;
}

export interface PodFacts {
  readonly name: string;
  readonly uid: string;
  readonly ownerUid: string;
  readonly ownerKind: string;
  readonly ownerName: string;
  /** Labels that tell which template the pod was made from. */
  readonly controllerRevision: string;
  readonly templateGeneration: string;
  readonly phase: string;
  readonly reason: string;
  readonly isReady: boolean;
  readonly isTerminating: boolean;
  readonly node: string;
  readonly conditions: readonly Condition[];
  readonly containers: readonly ContainerFacts[];
}

/** An event about an object; `uid` is that object's. */
export interface EventFacts {
  readonly uid: string;
  readonly kind: string;
  readonly name: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  /** ISO 8601; empty where the event has no time. */
  readonly at: string;
}

export interface JobFacts {
  readonly name: string;
  readonly uid: string;
  readonly isActive: boolean;
  readonly conditions: readonly Condition[];
}

export function workloadFacts(kind: WorkloadFacts["kind"], object: unknown): WorkloadFacts {
  const status = at(object, "status");
  const isDaemon = kind === "DaemonSet";
  return {
    kind,
    name: textAt(object, "metadata", "name") ?? "",
    uid: textAt(object, "metadata", "uid") ?? "",
    generation: numberAt(object, "metadata", "generation") ?? 0,
    observedGeneration: numberAt(status, "observedGeneration") ?? 0,
    wanted:
      (isDaemon ? numberAt(status, "desiredNumberScheduled") : numberAt(object, "spec", "replicas")) ?? 0,
    updated: numberAt(status, isDaemon ? "updatedNumberScheduled" : "updatedReplicas") ?? 0,
    ready: numberAt(status, isDaemon ? "numberReady" : "readyReplicas") ?? 0,
    revision: revisionOf(kind, object),
    conditions: conditionsOf(object),
  };
}

function revisionOf(kind: WorkloadFacts["kind"], object: unknown): string {
  if (kind === "Deployment") return revisionAnnotation(object);
  if (kind === "StatefulSet") return textAt(object, "status", "updateRevision") ?? "";
  return textAt(object, "metadata", "annotations", "deprecated.daemonset.template.generation") ?? "";
}

function revisionAnnotation(object: unknown): string {
  return textAt(object, "metadata", "annotations", "deployment.kubernetes.io/revision") ?? "";
}

export function replicaSetFacts(object: unknown): ReplicaSetFacts {
  return {
    name: textAt(object, "metadata", "name") ?? "",
    uid: textAt(object, "metadata", "uid") ?? "",
    ownerUid: ownerOf(object).uid,
    revision: revisionAnnotation(object),
    conditions: conditionsOf(object),
  };
}

export function podFacts(object: unknown): PodFacts {
  const owner = ownerOf(object);
  const conditions = conditionsOf(object);
  return {
    name: textAt(object, "metadata", "name") ?? "",
    uid: textAt(object, "metadata", "uid") ?? "",
    ownerUid: owner.uid,
    ownerKind: owner.kind,
    ownerName: owner.name,
    controllerRevision: textAt(object, "metadata", "labels", "controller-revision-hash") ?? "",
    templateGeneration: textAt(object, "metadata", "labels", "pod-template-generation") ?? "",
    phase: textAt(object, "status", "phase") ?? "",
    reason: textAt(object, "status", "reason") ?? "",
    isReady: conditions.some(({ type, status }) => type === "Ready" && status === "True"),
    isTerminating: textAt(object, "metadata", "deletionTimestamp") !== undefined,
    node: textAt(object, "spec", "nodeName") ?? "",
    conditions,
    containers: [
      ...listAt(object, "status", "initContainerStatuses").map((one) => containerFacts(one, true)),
      ...listAt(object, "status", "containerStatuses").map((one) => containerFacts(one, false)),
    ],
  };
}

export function jobFacts(object: unknown): JobFacts {
  return {
    name: textAt(object, "metadata", "name") ?? "",
    uid: textAt(object, "metadata", "uid") ?? "",
    isActive: (numberAt(object, "status", "active") ?? 0) > 0,
    conditions: conditionsOf(object),
  };
}

export function eventFacts(object: unknown): EventFacts {
  const about = at(object, "involvedObject");
  return {
    uid: textAt(about, "uid") ?? "",
    kind: textAt(about, "kind") ?? "",
    name: textAt(about, "name") ?? "",
    type: textAt(object, "type") ?? "",
    reason: textAt(object, "reason") ?? "",
    message: textAt(object, "message") ?? "",
    at:
      textAt(object, "lastTimestamp") ??
      textAt(object, "eventTime") ??
      textAt(object, "firstTimestamp") ??
      "",
  };
}

function containerFacts(status: unknown, isInit: boolean): ContainerFacts {
  const waiting = at(status, "state", "waiting");
  const now = at(status, "state", "terminated");
  const before = at(status, "lastState", "terminated");
  const ended = isRecord(now) ? now : before;
  return {
    name: textAt(status, "name") ?? "",
    isInit,
    image: textAt(status, "image") ?? "",
    isReady: at(status, "ready") === true,
    restarts: numberAt(status, "restartCount") ?? 0,
    hasRunBefore: isRecord(before),
    ...(isRecord(waiting)
      ? { waiting: { reason: textAt(waiting, "reason") ?? "", message: textAt(waiting, "message") ?? "" } }
      : {}),
    ...(isRecord(ended) ? { ended: endOf(ended) } : {}),
  };
}

function endOf(terminated: unknown) {
  const signal = numberAt(terminated, "signal");
  return {
    exitCode: numberAt(terminated, "exitCode") ?? 0,
    reason: textAt(terminated, "reason") ?? "",
    ...(signal === undefined ? {} : { signal }),
  };
}

function ownerOf(object: unknown) {
  const owner = listAt(object, "metadata", "ownerReferences").find((one) => at(one, "controller") === true);
  return {
    uid: textAt(owner, "uid") ?? "",
    kind: textAt(owner, "kind") ?? "",
    name: textAt(owner, "name") ?? "",
  };
}

function conditionsOf(object: unknown): readonly Condition[] {
  return listAt(object, "status", "conditions").map((one) => ({
    type: textAt(one, "type") ?? "",
    status: textAt(one, "status") ?? "",
    reason: textAt(one, "reason") ?? "",
    message: textAt(one, "message") ?? "",
  }));
}
