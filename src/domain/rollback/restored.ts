import { at, listAt, numberAt, textAt } from "../../core/json.ts";
import { labelOf, type ManifestObject } from "../release/manifest.ts";

/** One workload that the restored revision wants, as it is in the cluster. */
export interface RestoredWorkload {
  /** The object of the revision's manifest. */
  readonly wanted: ManifestObject;
  /** The object in the cluster, or undefined when it is not there. */
  readonly live: unknown;
  readonly pods: readonly unknown[];
}

export type Restoration =
  | { readonly kind: "restored"; readonly pods: number; readonly digests: readonly string[] }
  | { readonly kind: "waiting"; readonly reason: string };

/** Whether every pod of the restored workloads is ready and runs the images of the revision, by digest where it names one. */
export function judgeRestored(workloads: readonly RestoredWorkload[]): Restoration {
  const digests = new Set<string>();
  let pods = 0;
  for (const workload of workloads) {
    const problem = rolloutProblem(workload) ?? podsProblem(workload);
    if (problem !== undefined) return { kind: "waiting", reason: `${labelOf(workload.wanted)}: ${problem}` };
    pods += currentPods(workload).length;
    for (const { digest } of wantedContainers(workload.wanted)) if (digest !== undefined) digests.add(digest);
  }
  return { kind: "restored", pods, digests: [...digests] };
}

function rolloutProblem({ wanted, live }: RestoredWorkload): string | undefined {
  if (live === undefined) return "it is not there";
  const generation = numberAt(live, "metadata", "generation") ?? 0;
  if (!((numberAt(live, "status", "observedGeneration") ?? 0) >= generation))
    return "its controller has not seen it";
  const isDaemon = wanted.kind === "DaemonSet";
  const status = at(live, "status");
  const count = isDaemon ? numberAt(status, "desiredNumberScheduled") : numberAt(live, "spec", "replicas");
  const updated = numberAt(status, isDaemon ? "updatedNumberScheduled" : "updatedReplicas") ?? 0;
  const ready = numberAt(status, isDaemon ? "numberReady" : "readyReplicas") ?? 0;
  if (count === undefined) return "it says no number of pods";
  if (!(updated >= count)) return `${updated} of ${count} pods are of this revision`;
  return ready >= count ? undefined : `${ready} of ${count} pods are ready`;
}

function podsProblem(workload: RestoredWorkload): string | undefined {
  for (const pod of currentPods(workload)) {
    for (const container of wantedContainers(workload.wanted)) {
      const problem = containerProblem(pod, container);
      if (problem !== undefined) return `pod ${textAt(pod, "metadata", "name") ?? ""}: ${problem}`;
    }
  }
  return undefined;
}

interface WantedContainer {
  readonly name: string;
  readonly image: string;
  readonly digest?: string;
}

function containerProblem(pod: unknown, { name, image, digest }: WantedContainer): string | undefined {
  const named = (list: readonly unknown[]) => list.find((one) => textAt(one, "name") === name);
  const asked = textAt(named(listAt(pod, "spec", "containers")), "image");
  if (asked !== image && digestOf(asked) !== digest)
    return `${name} is told to run ${asked ?? "nothing"}, not ${image}`;
  // What the runtime says it runs. Where it names an image only by its configuration, the pod's own word stands.
  const running = digestOf(textAt(named(listAt(pod, "status", "containerStatuses")), "imageID"));
  if (digest === undefined || running === undefined || running === digest) return undefined;
  return `${name} runs ${running}, not ${digest}`;
}

function wantedContainers({ body }: ManifestObject): readonly WantedContainer[] {
  return listAt(body, "spec", "template", "spec", "containers").map((one) => {
    const image = textAt(one, "image") ?? "";
    const digest = digestOf(image);
    return { name: textAt(one, "name") ?? "", image, ...(digest === undefined ? {} : { digest }) };
  });
}

/** Pods that are not on their way out. */
function currentPods({ pods }: RestoredWorkload): readonly unknown[] {
  return pods.filter((pod) => textAt(pod, "metadata", "deletionTimestamp") === undefined);
}

function digestOf(image: string | undefined): string | undefined {
  return /@(sha256:[0-9a-f]{64})$/.exec(image ?? "")?.[1];
}
