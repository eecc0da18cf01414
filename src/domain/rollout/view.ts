import type { EventFacts, JobFacts, PodFacts, ReplicaSetFacts, WorkloadFacts } from "./objects.ts";

/** What the namespace shows at one moment. */
export interface RolloutView {
  readonly workloads: readonly WorkloadFacts[];
  readonly replicaSets: readonly ReplicaSetFacts[];
  readonly pods: readonly PodFacts[];
  readonly jobs: readonly JobFacts[];
  readonly events: readonly EventFacts[];
}

/** What of it belongs to the release: taken from its rendered manifest, since labels are the chart's to choose. */
export interface RolloutScope {
  readonly workloads: readonly { readonly kind: string; readonly name: string }[];
  readonly hookJobs: readonly string[];
}

/** What was there before the deploy began, and is not to be blamed on it. */
export interface Baseline {
  readonly generations: ReadonlyMap<string, number>;
  /** Restarts of each container, by pod uid and container name. */
  readonly restarts: ReadonlyMap<string, number>;
  readonly pods: ReadonlySet<string>;
  readonly events: ReadonlySet<string>;
}

export function baselineOf(view: RolloutView): Baseline {
  return {
    generations: new Map(view.workloads.map((one) => [one.uid, one.generation])),
    restarts: new Map(
      view.pods.flatMap((pod) =>
        pod.containers.map((one) => [containerKey(pod, one.name), one.restarts] as const),
      ),
    ),
    pods: new Set(view.pods.map((pod) => pod.uid)),
    events: new Set(view.events.map(eventKey)),
  };
}

export function containerKey(pod: PodFacts, container: string): string {
  return `${pod.uid}/${container}`;
}

function eventKey(event: EventFacts): string {
  return `${event.uid}/${event.reason}/${event.at}`;
}

export function isNewEvent(event: EventFacts, baseline: Baseline): boolean {
  return !baseline.events.has(eventKey(event));
}

export function workloadsOf(view: RolloutView, scope: RolloutScope): readonly WorkloadFacts[] {
  return view.workloads.filter((one) =>
    scope.workloads.some(({ kind, name }) => kind === one.kind && name === one.name),
  );
}

/** Whether the deploy has changed the workload, and its controller has seen the change. */
export function isChanged(workload: WorkloadFacts, baseline: Baseline): boolean {
  const isSeen = workload.observedGeneration >= workload.generation;
  return isSeen && baseline.generations.get(workload.uid) !== workload.generation;
}

/**
 * Pods of the workload's newest template. Ownership decides, not labels: a selector may match pods of another
 * workload, and old pods that crash say nothing about the new version.
 */
export function newestPods(workload: WorkloadFacts, view: RolloutView): readonly PodFacts[] {
  switch (workload.kind) {
    case "Deployment": {
      const newest = newestReplicaSet(workload, view);
      return newest === undefined ? [] : view.pods.filter((pod) => pod.ownerUid === newest.uid);
    }
    case "StatefulSet":
      return view.pods.filter(
        (pod) => pod.ownerUid === workload.uid && pod.controllerRevision === workload.revision,
      );
    case "DaemonSet":
      return view.pods.filter(
        (pod) => pod.ownerUid === workload.uid && pod.templateGeneration === workload.revision,
      );
  }
}

export function newestReplicaSet(workload: WorkloadFacts, view: RolloutView): ReplicaSetFacts | undefined {
  if (workload.revision === "") return undefined;
  return view.replicaSets.find((one) => one.ownerUid === workload.uid && one.revision === workload.revision);
}

// A pod that its node lost is replaced by the controller; the version is not to blame.
const nodeTrouble = new Set([
  "Evicted",
  "Preempting",
  "NodeShutdown",
  "Terminated",
  "NodeLost",
  "NodeAffinity",
]);

export function isBlameable(pod: PodFacts): boolean {
  return !pod.isTerminating && !(pod.phase === "Failed" && nodeTrouble.has(pod.reason));
}
