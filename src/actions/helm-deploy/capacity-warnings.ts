import { numberAt } from "../../core/json.ts";
import { readyOf } from "../../domain/capacity/carry.ts";
import { disruptionWarnings } from "../../domain/capacity/disruption.ts";
import { isScaled, type LiveCount, sameWorkload } from "../../domain/capacity/live-count.ts";
import { besideOf, demandOf, type ExtraPods, shortages, surgeOf } from "../../domain/capacity/room.ts";
import { type ManifestObject, workloadObjects } from "../../domain/release/manifest.ts";
import type { Kubectl } from "../../platform/kubectl.ts";
import { ForbiddenError } from "../../platform/kubectl-errors.ts";
import { liveCounts } from "../../platform/replicas.ts";
import type { Session } from "./session.ts";

/** What is about to be made, and beside what. */
export interface CapacityRequest {
  /** What is installed or upgraded. */
  readonly objects: readonly ManifestObject[];
  /** What serves, where the new one is installed beside it; absent for an upgrade. */
  readonly serving?: readonly ManifestObject[];
}

/** What the namespace may have no room for, and what stands in the way of its nodes; one sentence each. */
export async function capacityWarnings(
  { cluster, inputs }: Session,
  { objects, serving }: CapacityRequest,
): Promise<readonly string[]> {
  const { kubectl } = cluster;
  const { namespace } = inputs;
  const [quotas, live] = await Promise.all([
    listQuotas(kubectl, namespace),
    countsOf(kubectl, namespace, serving ?? objects),
  ]);
  const room =
    quotas === undefined
      ? ["Whether the new pods fit was not checked: the ResourceQuotas of the namespace may not be listed."]
      : shortages(quotas, demandOf(extraPods(objects, serving, live))).map((one) => `${one}.`);
  return [...room, ...disruptionWarnings(objects)];
}

function extraPods(
  objects: readonly ManifestObject[],
  serving: readonly ManifestObject[] | undefined,
  live: readonly LiveCount[],
): readonly ExtraPods[] {
  if (serving !== undefined) return besideOf(objects, readyOf(live));
  return workloadObjects(objects).map((object) => {
    const { kind, name, body } = object;
    const now = isScaled(kind) ? live.find((one) => sameWorkload(one, { kind, name })) : undefined;
    const wanted = now?.autoscaler === undefined ? (numberAt(body, "spec", "replicas") ?? 1) : now.wanted;
    const more = Math.max(0, wanted - (now?.wanted ?? 0));
    const surge = now === undefined ? 0 : surgeOf(object, wanted).pods;
    return { object, pods: kind === "DaemonSet" ? 0 : more + surge };
  });
}

function countsOf(kubectl: Kubectl, namespace: string, objects: readonly ManifestObject[]) {
  const workloads = workloadObjects(objects).flatMap(({ kind, name }) =>
    isScaled(kind) ? [{ kind, name }] : [],
  );
  return liveCounts(kubectl, namespace, workloads);
}

async function listQuotas(kubectl: Kubectl, namespace: string): Promise<readonly unknown[] | undefined> {
  try {
    return await kubectl.list("resourcequotas", namespace);
  } catch (error) {
    if (error instanceof ForbiddenError) return undefined;
    throw error;
  }
}

/** Says before a deploy what its plan said or would have said: the namespace may have changed since. */
export async function warnOfRoom(session: Session, request: CapacityRequest): Promise<void> {
  for (const message of await capacityWarnings(session, request))
    if (message.startsWith("ResourceQuota")) session.context.runner.annotate({ level: "warning", message });
}
