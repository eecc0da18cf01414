import {
  controllerRevisionFacts,
  eventFacts,
  jobFacts,
  podFacts,
  replicaSetFacts,
} from "../../../src/domain/rollout/objects.ts";
import type { RolloutView } from "../../../src/domain/rollout/view.ts";
import { workloadFacts } from "../../../src/domain/rollout/workload.ts";

/** Objects as the API server shows them, with as much in them as a verdict reads. */
export function deployment(
  name: string,
  options: {
    generation?: number;
    observed?: number;
    revision?: string;
    replicas?: number;
    conditions?: readonly object[];
    paused?: boolean;
    image?: string;
    updated?: number;
    ready?: number;
  } = {},
) {
  const { generation = 2, observed = generation, revision = "2", replicas = 2, conditions = [] } = options;
  const { paused = false, image = `web:${revision}`, updated = replicas, ready = 0 } = options;
  return {
    kind: "Deployment",
    metadata: {
      name,
      uid: `deployment-${name}`,
      generation,
      annotations: { "deployment.kubernetes.io/revision": revision },
    },
    spec: { replicas, paused, template: { spec: { containers: [{ image }] } } },
    status: { observedGeneration: observed, updatedReplicas: updated, readyReplicas: ready, conditions },
  };
}

export function replicaSet(
  name: string,
  owner: string,
  revision: string,
  conditions: readonly object[] = [],
) {
  return {
    kind: "ReplicaSet",
    metadata: {
      name,
      uid: `set-${name}`,
      annotations: { "deployment.kubernetes.io/revision": revision },
      ownerReferences: [{ controller: true, kind: "Deployment", name: owner, uid: `deployment-${owner}` }],
    },
    status: { conditions },
  };
}

export interface PodOptions {
  readonly owner?: { readonly kind: string; readonly name: string; readonly uid: string };
  readonly labels?: Readonly<Record<string, string>>;
  readonly phase?: string;
  readonly reason?: string;
  readonly ready?: boolean;
  readonly conditions?: readonly object[];
  readonly containers?: readonly object[];
  readonly init?: readonly object[];
  readonly terminating?: boolean;
}

export function pod(name: string, set: string, options: PodOptions = {}) {
  const owner = options.owner ?? { kind: "ReplicaSet", name: set, uid: `set-${set}` };
  const ready =
    options.ready === undefined ? [] : [{ type: "Ready", status: options.ready ? "True" : "False" }];
  return {
    kind: "Pod",
    metadata: {
      name,
      uid: `pod-${name}`,
      labels: options.labels ?? {},
      ownerReferences: [{ controller: true, ...owner }],
      ...(options.terminating === true ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
    },
    spec: { nodeName: "node-1" },
    status: {
      phase: options.phase ?? "Running",
      reason: options.reason,
      conditions: [...ready, ...(options.conditions ?? [])],
      containerStatuses: options.containers ?? [],
      initContainerStatuses: options.init ?? [],
    },
  };
}

/** A StatefulSet or DaemonSet whose pods are told apart by the hash of their template. */
export function controlled(
  kind: "StatefulSet" | "DaemonSet",
  name: string,
  options: {
    generation?: number;
    revision?: string;
    wanted?: number;
    updated?: number;
    strategy?: object;
  } = {},
) {
  const { generation = 2, revision = String(generation), wanted = 2, strategy = {} } = options;
  const { updated = wanted } = options;
  const isSet = kind === "StatefulSet";
  return {
    kind,
    metadata: {
      name,
      uid: `set-${name}`,
      generation,
      annotations: { "deprecated.daemonset.template.generation": revision },
    },
    spec: { ...(isSet ? { replicas: wanted } : {}), updateStrategy: strategy },
    status: {
      observedGeneration: generation,
      ...(isSet
        ? { updateRevision: revision, updatedReplicas: updated }
        : { desiredNumberScheduled: wanted, updatedNumberScheduled: updated }),
    },
  };
}

/** A pod of such a workload. */
export function controlledPod(kind: string, name: string, revision: string, options: PodOptions = {}) {
  const set = name.replace(/-\w+$/, "");
  const owner = { kind, name: set, uid: `set-${set}` };
  const labels = { "controller-revision-hash": revision, "pod-template-generation": revision };
  return pod(name, "", { owner, labels, ...options });
}

export function container(state: object, more: object = {}) {
  return { name: "web", image: "web", ready: false, restartCount: 0, state, ...more };
}

export function waiting(reason: string, message = "", more: object = {}) {
  return container({ waiting: { reason, message } }, more);
}

export function ended(exitCode: number, reason = "Error", message = "") {
  return { terminated: { exitCode, reason, message } };
}

/** `second` of the minute is when it was seen last. */
export function event(
  uid: string,
  reason: string,
  message: string,
  { type = "Warning", second = 10 }: { readonly type?: string; readonly second?: number } = {},
) {
  return {
    kind: "Event",
    type,
    reason,
    message,
    lastTimestamp: `2026-01-01T00:00:${String(second).padStart(2, "0")}Z`,
    involvedObject: { uid, kind: "Pod", name: uid },
  };
}

export function view(...objects: readonly { readonly kind: string }[]): RolloutView {
  const of = (kind: string) => objects.filter((object) => object.kind === kind);
  return {
    workloads: (["Deployment", "StatefulSet", "DaemonSet"] as const).flatMap((kind) =>
      of(kind).map((object) => workloadFacts(kind, object)),
    ),
    replicaSets: of("ReplicaSet").map(replicaSetFacts),
    controllerRevisions: of("ControllerRevision").map(controllerRevisionFacts),
    pods: of("Pod").map(podFacts),
    jobs: of("Job").map(jobFacts),
    events: of("Event").map(eventFacts),
  };
}
