import { at, isRecord, numberAt } from "../../core/json.ts";
import { type ManifestObject, workloadObjects } from "../release/manifest.ts";

/**
 * PodDisruptionBudgets that never let a pod go, one sentence each. A rollout is not bound by them, but no node can be
 * emptied, and an autoscaler of nodes cannot make room.
 */
export function disruptionWarnings(objects: readonly ManifestObject[]): readonly string[] {
  return objects
    .filter(({ kind }) => kind === "PodDisruptionBudget")
    .flatMap((budget) => {
      const guarded = workloadObjects(objects).find((one) => isSelected(one, budget));
      if (guarded === undefined) return [];
      const pods = podsOf(guarded, objects);
      if (spared(budget, pods) > 0) return [];
      return [
        `PodDisruptionBudget ${budget.name} never lets a pod of ${guarded.kind} ${guarded.name} go (${pods} in all): its node cannot be emptied.`,
      ];
    });
}

function isSelected({ body }: ManifestObject, budget: ManifestObject): boolean {
  const wanted = at(budget.body, "spec", "selector", "matchLabels");
  const labels = at(body, "spec", "template", "metadata", "labels");
  if (!isRecord(wanted) || !isRecord(labels) || Object.keys(wanted).length === 0) return false;
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

function podsOf({ kind, name, body }: ManifestObject, objects: readonly ManifestObject[]): number {
  const autoscaler = objects.find(
    (one) =>
      one.kind === "HorizontalPodAutoscaler" &&
      at(one.body, "spec", "scaleTargetRef", "kind") === kind &&
      at(one.body, "spec", "scaleTargetRef", "name") === name,
  );
  const least =
    autoscaler === undefined ? undefined : (numberAt(autoscaler.body, "spec", "minReplicas") ?? 1);
  return least ?? numberAt(body, "spec", "replicas") ?? 1;
}

function spared({ body }: ManifestObject, pods: number): number {
  const most = at(body, "spec", "maxUnavailable");
  if (most !== undefined) return amount(most, pods);
  return pods - amount(at(body, "spec", "minAvailable") ?? 1, pods);
}

// Kubernetes rounds shares up, here and there.
function amount(value: unknown, pods: number): number {
  if (typeof value === "number") return value;
  const text = String(value);
  return text.endsWith("%") ? Math.ceil((Number(text.slice(0, -1)) / 100) * pods) : Number(text);
}
