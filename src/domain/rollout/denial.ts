import type { EventFacts } from "./objects.ts";
import { oneLine } from "./one-line.ts";
import type { Graces, Signal } from "./signal.ts";
import { type Baseline, isNewEvent, newestPods, newestReplicaSet, type RolloutView } from "./view.ts";
import type { WorkloadFacts } from "./workload.ts";

// What a controller was refused once it may get a moment later: an account or a rule of the same release.
const firmGraceMs = 10_000;
const nobodyEndingGraceMs = 2_000;

/** Why the cluster lets no pods of the workload in. No pod exists in this case, so whoever watches pods alone sees nothing. */
export function denialSignal(
  workload: WorkloadFacts,
  seen: { readonly view: RolloutView; readonly baseline: Baseline },
  { graces, isEnding }: { readonly graces: Graces; readonly isEnding: boolean },
): Signal | undefined {
  const message = deniedMessage(workload, seen.view, seen.baseline);
  if (message === undefined) return undefined;
  const outlook = denialOutlook(message);
  const graceMs = {
    // A quota comes free only when pods that are ending have ended.
    quota: isEnding ? graces.quotaMs : Math.min(graces.quotaMs, nobodyEndingGraceMs),
    unavailable: graces.quotaMs,
    firm: Math.min(graces.quotaMs, firmGraceMs),
  }[outlook];
  return {
    key: `${workload.uid}/denied`,
    reason: outlook === "firm" ? "denied" : "quota",
    text: `${workload.kind} ${workload.name} cannot make pods: ${oneLine(message)}`,
    graceMs,
  };
}

/** Whether what refuses pods is a quota, an admission that gives no answer, or a rule that will stay. */
export function denialOutlook(message: string): "quota" | "unavailable" | "firm" {
  if (/exceeded quota|status unknown for quota/.test(message)) return "quota";
  const noAnswer =
    /failed calling webhook|timed? ?out|deadline exceeded|connection refused|try again|etcdserver|Internal error|namespace .* is being terminated/i;
  return noAnswer.test(message) ? "unavailable" : "firm";
}

function deniedMessage(workload: WorkloadFacts, view: RolloutView, baseline: Baseline): string | undefined {
  if (workload.kind === "Deployment") {
    const conditions = newestReplicaSet(workload, view)?.conditions ?? [];
    return conditions.find(({ type, status }) => type === "ReplicaFailure" && status === "True")?.message;
  }
  // These kinds have no such condition: the last word of their events counts, while pods are missing.
  if (newestPods(workload, view).length >= workload.renewed) return undefined;
  const last = view.events.findLast(
    (event) => event.uid === workload.uid && isAboutCreation(event) && isNewEvent(event, baseline),
  );
  return last?.reason === "FailedCreate" ? last.message : undefined;
}

function isAboutCreation({ reason }: EventFacts): boolean {
  return reason === "FailedCreate" || reason === "SuccessfulCreate";
}
