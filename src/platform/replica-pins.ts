import { at, textAt } from "../core/json.ts";
import { type Autoscaler, pinAnnotation, type ScaledWorkload } from "../domain/capacity/live-count.ts";
import type { ReplicaPin } from "../domain/record/state.ts";
import type { Kubectl, KubeObject } from "./kubectl.ts";
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
  const free: Autoscaler[] = [];
  for (const one of live) if (await mayPin(kubectl, namespace, one)) free.push(one);
  const pins = free.map(({ name, scaleDown, pinnedFrom }) => ({
    autoscaler: name,
    scaleDown: pinnedFrom ?? scaleDown,
  }));
  if (pins.length === 0) return pins;
  await keep(pins);
  for (const { autoscaler, scaleDown } of pins) {
    if (live.find(({ name }) => name === autoscaler)?.pinnedFrom !== undefined) continue;
    await kubectl.apply(ours(autoscaler, namespace, scaleDown));
  }
  return pins;
}

/**
 * What is ours on an autoscaler. It is applied under our own name, so that taking it back leaves no trace of us in the
 * object's managed fields, over which a later `helm upgrade` would fail.
 */
function ours(name: string, namespace: string, scaleDown?: string): KubeObject {
  const metadata = { name, namespace };
  const kind = { apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler" };
  if (scaleDown === undefined) return { ...kind, metadata };
  return {
    ...kind,
    metadata: { ...metadata, annotations: { [pinAnnotation]: scaleDown } },
    spec: { behavior: { scaleDown: { selectPolicy: "Disabled" } } },
  };
}

// Whoever applies the policy once will apply it again, and Helm fails on a field of its own that is not as it was left.
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
  const appliers = fields.filter(
    (one) => textAt(one, "operation") === "Apply" || textAt(one, "manager") === "helm",
  );
  return appliers.every((one) => at(one, ...policy) === undefined);
}

/** Gives the autoscalers back what they had. One that is gone or was given back already is no error. */
export async function unpinReplicas(
  kubectl: Kubectl,
  namespace: string,
  pins: readonly ReplicaPin[],
): Promise<void> {
  for (const { autoscaler } of pins) {
    const pinned = await kubectl.get(autoscalerResource, autoscaler, namespace);
    const before = textAt(pinned, "metadata", "annotations", pinAnnotation);
    if (before === undefined) continue;
    // Before the mark goes: a run that ends in between leaves nothing that nobody knows of.
    if (before !== "none" && before !== serversChoice) {
      await kubectl.patch(autoscalerResource, autoscaler, namespace, {
        type: "merge",
        patch: { spec: { behavior: { scaleDown: { selectPolicy: before } } } },
      });
    }
    await kubectl.apply(ours(autoscaler, namespace));
  }
}

// What a policy becomes that nobody names.
const serversChoice = "Max";
