import type { PodFacts, WorkloadFacts } from "./objects.ts";
import {
  type Baseline,
  isBlameable,
  isNewEvent,
  newestPods,
  type RolloutScope,
  type RolloutView,
  workloadsOf,
} from "./view.ts";

/** What a rollout still waits for, one sentence each: the text of a timeout. */
export function waitingFor(view: RolloutView, scope: RolloutScope, baseline: Baseline): readonly string[] {
  return workloadsOf(view, scope).flatMap((workload) => waitingOf(workload, view, baseline));
}

function waitingOf(workload: WorkloadFacts, view: RolloutView, baseline: Baseline): readonly string[] {
  const pods = newestPods(workload, view).filter(isBlameable);
  const ready = pods.filter((pod) => pod.isReady).length;
  if (ready >= workload.wanted && workload.observedGeneration >= workload.generation) return [];
  const first = pods.find((pod) => !pod.isReady);
  const why = first === undefined ? "" : `: pod ${first.name} ${whyNotReady(first, view, baseline)}`;
  return [`${workload.kind} ${workload.name} has ${ready} of ${workload.wanted} new pods ready${why}`];
}

function whyNotReady(pod: PodFacts, view: RolloutView, baseline: Baseline): string {
  const waiting = pod.containers.find((one) => one.waiting !== undefined);
  if (waiting?.waiting !== undefined) {
    const said = waiting.waiting.message === "" ? "" : ` (${waiting.waiting.message})`;
    return `waits in container ${waiting.name}: ${waiting.waiting.reason}${said}`;
  }
  const probe = view.events.findLast(
    (event) => event.uid === pod.uid && event.reason === "Unhealthy" && isNewEvent(event, baseline),
  );
  if (probe !== undefined) return `runs but is not ready: ${probe.message.replace(/\s+/g, " ").trim()}`;
  return pod.phase === "Pending" ? "is pending" : "runs but is not ready";
}
