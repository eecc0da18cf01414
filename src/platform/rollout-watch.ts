import { textAt } from "../core/json.ts";
import {
  controllerRevisionFacts,
  eventFacts,
  jobFacts,
  podFacts,
  replicaSetFacts,
} from "../domain/rollout/objects.ts";
import type { RolloutView } from "../domain/rollout/view.ts";
import { workloadFacts } from "../domain/rollout/workload.ts";
import type { Kubectl } from "./kubectl.ts";

const always = ["deployments.apps", "replicasets.apps", "pods", "jobs.batch", "events"] as const;
// Which pods of a DaemonSet are new stands in its revisions, and nearly as well on the pods: they may be forbidden.
const optional = "controllerrevisions.apps";
const onDemand = {
  StatefulSet: ["statefulsets.apps"],
  DaemonSet: ["daemonsets.apps", optional],
} as const;

/** The kinds that must be looked at for a release with workloads of these kinds. */
export function watchedKinds(workloadKinds: readonly string[]): readonly string[] {
  const more = (["StatefulSet", "DaemonSet"] as const).filter((kind) => workloadKinds.includes(kind));
  return [...always, ...more.flatMap((kind) => onDemand[kind])];
}

/** What the namespace shows now, by one call. */
export async function readRolloutView(
  kubectl: Kubectl,
  namespace: string,
  kinds: readonly string[],
): Promise<RolloutView> {
  const objects = new Map<string, unknown>();
  const needed = kinds.filter((kind) => kind !== optional);
  const [found, more] = await Promise.all([
    kubectl.list(needed.join(","), namespace),
    kinds.includes(optional) ? readOthers(kubectl, namespace, [optional]) : [],
  ]);
  for (const object of [...found, ...more]) objects.set(keyOf(object), object);
  return viewOf(objects.values());
}

/** Objects of more kinds, for a report. What may not be looked at is not there. */
export async function readOthers(
  kubectl: Kubectl,
  namespace: string,
  kinds: readonly string[],
): Promise<readonly unknown[]> {
  const lists = kinds.map((kind) => kubectl.list(kind, namespace).catch(() => []));
  return (await Promise.all(lists)).flat();
}

/** A view of the namespace that follows its changes. */
export interface RolloutWatch {
  view(): RolloutView;
  /** Settles when the signal has ended the watches; fails when one of them may not watch. */
  readonly ended: Promise<void>;
}

export function watchRollout(
  kubectl: Kubectl,
  target: { readonly namespace: string; readonly kinds: readonly string[] },
  { onChange, signal }: { readonly onChange: () => void; readonly signal: AbortSignal },
): RolloutWatch {
  const stores = target.kinds.map((kind) => ({ kind, objects: new Map<string, unknown>() }));
  const watches = stores.map(({ kind, objects }) => {
    const watching = kubectl.watch(
      kind,
      target.namespace,
      undefined,
      (event) => {
        if (event.type === "RESTARTED") objects.clear();
        else if (event.type === "DELETED") objects.delete(keyOf(event.object));
        else objects.set(keyOf(event.object), event.object);
        onChange();
      },
      signal,
    );
    return kind === optional ? watching.catch(() => undefined) : watching;
  });
  return {
    view: () => viewOf(stores.flatMap(({ objects }) => [...objects.values()])),
    ended: Promise.all(watches).then(() => undefined),
  };
}

function keyOf(object: unknown): string {
  return `${textAt(object, "kind")}/${textAt(object, "metadata", "uid")}`;
}

function viewOf(objects: Iterable<unknown>): RolloutView {
  const all = [...objects];
  const of = (kind: string) => all.filter((object) => textAt(object, "kind") === kind);
  return {
    workloads: (["Deployment", "StatefulSet", "DaemonSet"] as const).flatMap((kind) =>
      of(kind).map((object) => workloadFacts(kind, object)),
    ),
    replicaSets: of("ReplicaSet").map(replicaSetFacts),
    controllerRevisions: of("ControllerRevision").map(controllerRevisionFacts),
    pods: of("Pod").map(podFacts),
    jobs: of("Job").map(jobFacts),
    events: of("Event")
      .map(eventFacts)
      .toSorted((a, b) => a.at.localeCompare(b.at)),
  };
}
