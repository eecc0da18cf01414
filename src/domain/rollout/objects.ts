import { at, isRecord, listAt, numberAt, textAt } from "../../core/json.ts";

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** A template that a DaemonSet or StatefulSet has had; the one with the highest number is its newest. */
export interface ControllerRevisionFacts {
  readonly ownerUid: string;
  readonly number: number;
  /** The label that its pods carry too. */
  readonly hash: string;
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
  readonly isRunning: boolean;
  readonly restarts: number;
  readonly waiting?: { readonly reason: string; readonly message: string };
  /** How it ended last, now or in the life before this one. */
  readonly ended?: ContainerEnd;
  readonly hasRunBefore: boolean;
}

export interface ContainerEnd {
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  readonly signal?: number;
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
  /** Names of the PersistentVolumeClaims that it mounts. */
  readonly claims: readonly string[];
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

export function revisionAnnotation(object: unknown): string {
  return textAt(object, "metadata", "annotations", "deployment.kubernetes.io/revision") ?? "";
}

export function controllerRevisionFacts(object: unknown): ControllerRevisionFacts {
  return {
    ownerUid: ownerOf(object).uid,
    number: numberAt(object, "revision") ?? 0,
    hash: textAt(object, "metadata", "labels", "controller-revision-hash") ?? "",
  };
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
    claims: listAt(object, "spec", "volumes").flatMap(
      (one) => textAt(one, "persistentVolumeClaim", "claimName") ?? [],
    ),
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
    isRunning: isRecord(at(status, "state", "running")),
    restarts: numberAt(status, "restartCount") ?? 0,
    hasRunBefore: isRecord(before),
    ...(isRecord(waiting)
      ? { waiting: { reason: textAt(waiting, "reason") ?? "", message: textAt(waiting, "message") ?? "" } }
      : {}),
    ...(isRecord(ended) ? { ended: endOf(ended) } : {}),
  };
}

function endOf(terminated: unknown): ContainerEnd {
  const signal = numberAt(terminated, "signal");
  return {
    exitCode: numberAt(terminated, "exitCode") ?? 0,
    reason: textAt(terminated, "reason") ?? "",
    message: textAt(terminated, "message") ?? "",
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

export function conditionsOf(object: unknown): readonly Condition[] {
  return listAt(object, "status", "conditions").map((one) => ({
    type: textAt(one, "type") ?? "",
    status: textAt(one, "status") ?? "",
    reason: textAt(one, "reason") ?? "",
    message: textAt(one, "message") ?? "",
  }));
}
