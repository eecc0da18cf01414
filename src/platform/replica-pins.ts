import { at, textAt } from "../core/json.ts";
import { type Autoscaler, pinAnnotation, type ScaledWorkload } from "../domain/capacity/live-count.ts";
import { isOnlyDefault } from "../domain/capacity/scale-behavior.ts";
import type { ReplicaPin } from "../domain/record/state.ts";
import type { Kubectl } from "./kubectl.ts";
import { NotFoundError } from "./kubectl-errors.ts";
import { autoscalerResource, liveCounts, managedFields } from "./replicas.ts";

export interface Pinning {
  readonly workloads: readonly ScaledWorkload[];
  /** Writes the pins down where a later run finds them. Runs before anything is changed. */
  readonly keep: (pins: readonly ReplicaPin[]) => Promise<void>;
}

/**
 * Keeps the autoscalers of these workloads from scaling down while traffic moves. What they had stands on the objects
 * themselves, written in the same change, so pinning twice loses nothing. An autoscaler whose chart sets the policy
 * itself is left alone: the next `helm upgrade` would fail on it.
 */
export async function pinReplicas(
  kubectl: Kubectl,
  namespace: string,
  { workloads, keep }: Pinning,
): Promise<readonly ReplicaPin[]> {
  const live = (await liveCounts(kubectl, namespace, workloads)).flatMap(
    ({ autoscaler }) => autoscaler ?? [],
  );
  const ours: Autoscaler[] = [];
  for (const one of live) if (await mayPin(kubectl, namespace, one)) ours.push(one);
  const pins = ours.map(({ name, scaleDown, pinnedFrom }) => ({
    autoscaler: name,
    scaleDown: pinnedFrom ?? scaleDown,
  }));
  if (pins.length === 0) return pins;
  await keep(pins);
  for (const { autoscaler, scaleDown } of pins) {
    if (live.find(({ name }) => name === autoscaler)?.pinnedFrom !== undefined) continue;
    await kubectl.patch(autoscalerResource, autoscaler, namespace, {
      type: "merge",
      patch: {
        metadata: { annotations: { [pinAnnotation]: scaleDown } },
        spec: { behavior: { scaleDown: { selectPolicy: "Disabled" } } },
      },
    });
  }
  return pins;
}

async function mayPin(
  kubectl: Kubectl,
  namespace: string,
  { name, scaleDown, pinnedFrom }: Autoscaler,
): Promise<boolean> {
  if (pinnedFrom !== undefined) return true;
  if (scaleDown === "Disabled") return false;
  if (scaleDown === "none") return true;
  const fields = await managedFields(kubectl, namespace, `${autoscalerResource}/${name}`);
  const policy = ["fieldsV1", "f:spec", "f:behavior", "f:scaleDown", "f:selectPolicy"];
  return fields.every((one) => at(one, ...policy) === undefined);
}

/** Gives the autoscalers back what they had. One that is gone or was given back already is no error. */
export async function unpinReplicas(
  kubectl: Kubectl,
  namespace: string,
  pins: readonly ReplicaPin[],
): Promise<void> {
  for (const { autoscaler } of pins) {
    const object = await kubectl.get(autoscalerResource, autoscaler, namespace);
    const before = textAt(object, "metadata", "annotations", pinAnnotation);
    if (before === undefined) continue;
    const patch = {
      metadata: { annotations: { [pinAnnotation]: null } },
      spec: { behavior: behaviorBefore(at(object, "spec", "behavior"), before) },
    };
    try {
      await kubectl.patch(autoscalerResource, autoscaler, namespace, { type: "merge", patch });
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
    }
  }
}

// A chart may have brought a behavior of its own meanwhile: then only our word is taken back.
function behaviorBefore(behavior: unknown, before: string) {
  if (before === "none" && isOnlyDefault(behavior)) return null;
  const isOurs = textAt(behavior, "scaleDown", "selectPolicy") === "Disabled";
  return isOurs ? { scaleDown: { selectPolicy: before === "none" ? "Max" : before } } : {};
}
