import { isScaled } from "../../../domain/capacity/live-count.ts";
import type { ReplicaPin } from "../../../domain/record/state.ts";
import type { ReleaseObjects } from "../../../domain/release/candidate-conflicts.ts";
import { workloadObjects } from "../../../domain/release/manifest.ts";
import { pinReplicas, unpinReplicas } from "../../../platform/replica-pins.ts";
import type { Session } from "../session.ts";
import { updateRollout } from "../weight.ts";

/**
 * Keeps the autoscalers of these colours from scaling down: the new one has no load before the switch, the old one none
 * after it, and either may have to carry all of it in the next second.
 */
export async function pinColours(session: Session, ...colours: readonly ReleaseObjects[]): Promise<void> {
  const { cluster, inputs } = session;
  const workloads = colours.flatMap(({ objects }) =>
    workloadObjects(objects).flatMap(({ kind, name }) => (isScaled(kind) ? [{ kind, name }] : [])),
  );
  await pinReplicas(cluster.kubectl, inputs.namespace, {
    workloads,
    keep: (pins) =>
      updateRollout(session, (rollout) => ({ ...rollout, pins: merge(rollout.pins ?? [], pins) })),
  });
}

/** Gives back what was taken from autoscalers, whoever took it. */
export async function returnPins(session: Session): Promise<void> {
  const { cluster, inputs, store } = session;
  const pins = (await store.read()).rollout?.pins ?? [];
  if (pins.length === 0) return;
  await unpinReplicas(cluster.kubectl, inputs.namespace, pins);
  await updateRollout(session, ({ pins: _returned, ...rollout }) => rollout);
}

function merge(before: readonly ReplicaPin[], now: readonly ReplicaPin[]): readonly ReplicaPin[] {
  const names = new Set(now.map(({ autoscaler }) => autoscaler));
  return [...before.filter(({ autoscaler }) => !names.has(autoscaler)), ...now];
}
