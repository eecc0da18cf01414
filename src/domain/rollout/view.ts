import type { ControllerRevisionFacts, EventFacts, JobFacts, PodFacts, ReplicaSetFacts } from "./objects.ts";
import type { WorkloadFacts } from "./workload.ts";

/** What the namespace shows at one moment. */
export interface RolloutView {
  readonly workloads: readonly WorkloadFacts[];
  readonly replicaSets: readonly ReplicaSetFacts[];
  readonly controllerRevisions: readonly ControllerRevisionFacts[];
  readonly pods: readonly PodFacts[];
  readonly jobs: readonly JobFacts[];
  readonly events: readonly EventFacts[];
}

/** What of it belongs to the release: taken from its rendered manifest, since labels are the chart's to choose. */
export interface RolloutScope {
  readonly workloads: readonly NamedObject[];
  readonly hookJobs: readonly string[];
  /** Jobs that are no hooks: Helm does not wait for them, and a timeout names those that failed. */
  readonly jobs?: readonly string[];
  /** PersistentVolumeClaims of the manifest itself. */
  readonly claims?: readonly string[];
  /** Its workloads mount claims, of the manifest or of others. */
  readonly mountsClaims?: boolean;
  /** Services that ask for the address of a load balancer. */
  readonly loadBalancers?: readonly string[];
  /** Deployments that the chart itself renders paused. */
  readonly pausedByChart?: readonly string[];
  /** The chart asks other controllers for Secrets, which come a while after it. */
  readonly asksForSecrets?: boolean;
}

export interface NamedObject {
  readonly kind: string;
  readonly name: string;
}

/** What was there before the deploy began, and is not to be blamed on it. */
export interface Baseline {
  readonly generations: ReadonlyMap<string, number>;
  readonly revisions: ReadonlyMap<string, string>;
  readonly templates: ReadonlyMap<string, string>;
  /** Restarts of each container, by pod uid and container name. */
  readonly restarts: ReadonlyMap<string, number>;
  readonly pods: ReadonlySet<string>;
  readonly jobs: ReadonlySet<string>;
  readonly events: ReadonlySet<string>;
}

export function baselineOf(view: RolloutView): Baseline {
  const ofWorkloads = <T>(read: (workload: WorkloadFacts) => T) =>
    new Map(view.workloads.map((one) => [one.uid, read(one)]));
  return {
    generations: ofWorkloads(({ generation }) => generation),
    revisions: ofWorkloads(({ revision }) => revision),
    templates: ofWorkloads(({ template }) => template),
    restarts: new Map(
      view.pods.flatMap((pod) =>
        pod.containers.map((one) => [containerKey(pod, one.name), one.restarts] as const),
      ),
    ),
    pods: new Set(view.pods.map((pod) => pod.uid)),
    jobs: new Set(view.jobs.map((job) => job.uid)),
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

/** Whether the deploy makes pods of another template. Without that there are no new pods to be judged. */
export function isTemplateChanged(workload: WorkloadFacts, baseline: Baseline): boolean {
  return isChanged(workload, baseline) && baseline.revisions.get(workload.uid) !== workload.revision;
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
    case "DaemonSet": {
      // A template that comes back keeps its old pods: they carry its hash, not its new number.
      const hash = newestHash(workload, view);
      return view.pods.filter(
        (pod) =>
          pod.ownerUid === workload.uid &&
          (pod.templateGeneration === workload.revision || pod.controllerRevision === hash),
      );
    }
  }
}

export function newestReplicaSet(workload: WorkloadFacts, view: RolloutView): ReplicaSetFacts | undefined {
  if (workload.revision === "") return undefined;
  return view.replicaSets.find((one) => one.ownerUid === workload.uid && one.revision === workload.revision);
}

function newestHash(workload: WorkloadFacts, view: RolloutView): string | undefined {
  const own = view.controllerRevisions.filter((one) => one.ownerUid === workload.uid && one.hash !== "");
  return own.toSorted((a, b) => b.number - a.number)[0]?.hash;
}

/** Every pod of the workload, whatever its template. */
export function allPods(workload: WorkloadFacts, view: RolloutView): readonly PodFacts[] {
  const owners = new Set([
    workload.uid,
    ...view.replicaSets.filter(({ ownerUid }) => ownerUid === workload.uid).map(({ uid }) => uid),
  ]);
  return view.pods.filter((pod) => owners.has(pod.ownerUid));
}

// A pod that its node lost is replaced by the controller; the version is not to blame.
const nodeTrouble =
  /^(Evicted|Preempting|NodeShutdown|Shutdown|Terminated|NodeLost|NodeAffinity|UnexpectedAdmissionError|OutOf\w+)$/;

/** Whether what the pod shows may speak against its version. */
export function isBlameable(pod: PodFacts): boolean {
  if (pod.isTerminating) return false;
  const isDisrupted = pod.conditions.some(
    ({ type, status }) => type === "DisruptionTarget" && status === "True",
  );
  return !(pod.phase === "Failed" && (isDisrupted || nodeTrouble.test(pod.reason)));
}
