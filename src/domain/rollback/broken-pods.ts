import { at, isRecord, listAt, numberAt, textAt } from "../../core/json.ts";
import type { ManifestObject } from "../release/manifest.ts";

/** A StatefulSet on its way back. */
export interface RestoredSet {
  readonly wanted: ManifestObject;
  readonly live: unknown;
  readonly pods: readonly unknown[];
  /** `status.updateRevision` before Helm was asked. */
  readonly revisionBefore: string | undefined;
}

/**
 * Pods that stand in the way of a StatefulSet's rollback. Its controller waits for a pod that is not ready before it
 * replaces any, the broken one too, so it must be deleted once the template is the restored one.
 */
export function brokenPods({ wanted, live, pods, revisionBefore }: RestoredSet): readonly string[] {
  const status = at(live, "status");
  const generation = numberAt(live, "metadata", "generation") ?? 0;
  const revision = textAt(status, "updateRevision");
  if (revision === undefined || (numberAt(status, "observedGeneration") ?? -1) < generation) return [];
  const isApplied =
    (revisionBefore !== undefined && revision !== revisionBefore) ||
    contains(at(live, "spec", "template"), at(wanted.body, "spec", "template"));
  if (!isApplied) return [];
  return pods
    .filter((pod) => textAt(pod, "metadata", "deletionTimestamp") === undefined)
    .filter((pod) => textAt(pod, "metadata", "labels", "controller-revision-hash") !== revision)
    .filter((pod) => !isReady(pod))
    .flatMap((pod) => textAt(pod, "metadata", "name") ?? []);
}

function isReady(pod: unknown): boolean {
  return listAt(pod, "status", "conditions").some(
    (one) => textAt(one, "type") === "Ready" && textAt(one, "status") === "True",
  );
}

/** Whether a live object says everything that is wanted; what the cluster fills in beside it does not count. */
function contains(live: unknown, wanted: unknown): boolean {
  if (wanted === undefined || wanted === null) return true;
  if (Array.isArray(wanted))
    return (
      Array.isArray(live) &&
      live.length === wanted.length &&
      wanted.every((one, index) => contains(live[index], one))
    );
  if (isRecord(wanted))
    return isRecord(live) && Object.entries(wanted).every(([key, value]) => contains(live[key], value));
  return live === wanted;
}
