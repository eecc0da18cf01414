import { at, numberAt, parseJson, textAt } from "../core/json.ts";
import type { WantedCount } from "../domain/capacity/carry.ts";
import { type KeptCount, seeCount, startCount } from "../domain/capacity/kept-count.ts";
import {
  behindSelector,
  isScaled,
  type LiveCount,
  liveCountOf,
  type ScaledWorkload,
  sameWorkload,
} from "../domain/capacity/live-count.ts";
import { type ManifestObject, workloadObjects } from "../domain/release/manifest.ts";
import type { Kubectl } from "./kubectl.ts";
import { errorOf, ForbiddenError, NotFoundError } from "./kubectl-errors.ts";
import type { WatchEvent } from "./kubectl-watch.ts";
import { watchBeside } from "./watch-beside.ts";

const resources = { Deployment: "deployments.apps", StatefulSet: "statefulsets.apps" } as const;
export const autoscalerResource = "horizontalpodautoscalers.autoscaling";

/** Wanted and ready pods now, and the autoscaler of each workload; what is not there is left out. */
export async function liveCounts(
  kubectl: Kubectl,
  namespace: string,
  workloads: readonly ScaledWorkload[],
): Promise<readonly LiveCount[]> {
  const kinds = [...new Set(workloads.map(({ kind }) => kind))];
  const counts = await countsOfKinds(kubectl, namespace, kinds);
  return counts.filter((one) => workloads.some((wanted) => sameWorkload(one, wanted)));
}

async function countsOfKinds(
  kubectl: Kubectl,
  namespace: string,
  kinds: readonly ScaledWorkload["kind"][],
): Promise<readonly LiveCount[]> {
  if (kinds.length === 0) return [];
  const [autoscalers, ...lists] = await Promise.all([
    listAllowed(kubectl, autoscalerResource, namespace),
    ...kinds.map((kind) => listAllowed(kubectl, resources[kind], namespace)),
  ]);
  return lists.flat().flatMap((object) => liveCountOf(object, autoscalers ?? []) ?? []);
}

// An identity without the right to see a kind works in a namespace where that kind is none of its business.
async function listAllowed(kubectl: Kubectl, kind: string, namespace: string): Promise<readonly unknown[]> {
  try {
    return await kubectl.list(kind, namespace);
  } catch (error) {
    if (error instanceof ForbiddenError || error instanceof NotFoundError) return [];
    throw error;
  }
}

/** One side of traffic: the Service it comes through, and the Helm release that runs behind it. */
export interface Side {
  readonly service: string;
  readonly release: string;
}

/**
 * The workloads of a release that answer behind a Service. A Service that selects pods of several releases, or none by
 * labels, tells nothing: then it is all workloads of the release.
 */
export async function liveCountsBehind(
  kubectl: Kubectl,
  namespace: string,
  { service, release }: Side,
): Promise<readonly LiveCount[]> {
  const [counts, found] = await Promise.all([
    countsOfKinds(kubectl, namespace, ["Deployment", "StatefulSet"]),
    kubectl.get("service", service, namespace),
  ]);
  const own = counts.filter((one) => one.release === release);
  const behind = behindSelector(own, at(found, "spec", "selector"));
  return behind.length > 0 ? behind : own;
}

/** Scales one workload. */
export async function scaleTo(
  kubectl: Kubectl,
  namespace: string,
  { kind, name, count }: WantedCount,
): Promise<void> {
  const args = ["scale", `${resources[kind]}/${name}`, "-n", namespace, `--replicas=${count}`];
  const ran = await kubectl.run(args);
  if (ran.exitCode !== 0 || ran.timedOut) throw errorOf(args, ran);
}

/**
 * The counts that applying a manifest would overwrite: of workloads that an autoscaler owns now, or owns once the
 * manifest is applied.
 */
export async function countsToKeep(
  kubectl: Kubectl,
  namespace: string,
  objects: readonly ManifestObject[],
): Promise<readonly KeptCount[]> {
  const inManifest = workloadObjects(objects).flatMap(({ kind, name, body }) =>
    isScaled(kind) ? [{ kind, name, literal: numberAt(body, "spec", "replicas") ?? 1 }] : [],
  );
  const live = await liveCounts(kubectl, namespace, inManifest);
  return inManifest.flatMap((one) => {
    const count = live.find((other) => sameWorkload(one, other));
    if (count === undefined || count.wanted === 0) return [];
    const isOwned = count.autoscaler !== undefined || isTargeted(objects, one);
    return isOwned ? [{ ...one, count: count.wanted }] : [];
  });
}

function isTargeted(objects: readonly ManifestObject[], { kind, name }: ScaledWorkload): boolean {
  return objects.some((object) => {
    const target = at(object.body, "spec", "scaleTargetRef");
    return (
      object.kind === "HorizontalPodAutoscaler" &&
      textAt(target, "kind") === kind &&
      textAt(target, "name") === name
    );
  });
}

export interface Keeping {
  readonly counts: readonly KeptCount[];
  readonly say: (line: string) => void;
}

/**
 * Runs the body, in which Helm applies a manifest, and gives back at once a count that the manifest's own number has
 * lowered. Without counts to keep it only runs the body.
 */
export async function keepReplicas<T>(
  kubectl: Kubectl,
  namespace: string,
  { counts, say, body }: Keeping & { readonly body: () => Promise<T> },
): Promise<T> {
  if (counts.length === 0) return body();
  const keeper = startKeeper(kubectl, namespace, { counts, say });
  const kinds = [...new Set(counts.map(({ kind }) => kind))];
  const watched = kinds.map((kind) => ({
    resource: resources[kind],
    onEvent: (event: WatchEvent) => {
      if (event.type === "MODIFIED") keeper.see(event.object);
    },
    onFailure: (error: unknown) => say(`Counts of ${kind}s cannot be watched: ${String(error)}`),
  }));
  try {
    return await watchBeside(kubectl, namespace, { watched, body });
  } finally {
    await keeper.end();
  }
}

function startKeeper(kubectl: Kubectl, namespace: string, { counts, say }: Keeping) {
  const kept = counts.map((one) => ({ ...one, memory: startCount(one) }));
  const restoring: Promise<void>[] = [];
  const restore = async (one: KeptCount, count: number) => {
    say(
      `${one.kind} ${one.name}: the manifest says ${one.literal} pods, its autoscaler's ${count} are restored`,
    );
    await scaleTo(kubectl, namespace, { kind: one.kind, name: one.name, count }).catch((error: unknown) =>
      say(`${one.kind} ${one.name} could not be scaled back to ${count}: ${String(error)}`),
    );
  };
  const look = (workload: ScaledWorkload, wanted: number) => {
    for (const one of kept) {
      if (!sameWorkload(one, workload)) continue;
      const seen = seeCount(one.memory, wanted);
      one.memory = seen.memory;
      if (seen.restore !== undefined) restoring.push(restore(one, seen.restore));
    }
  };
  return {
    see: (object: unknown) => {
      const kind = textAt(object, "kind") ?? "";
      const name = textAt(object, "metadata", "name") ?? "";
      if (isScaled(kind)) look({ kind, name }, numberAt(object, "spec", "replicas") ?? 1);
    },
    end: async () => {
      await Promise.all(restoring);
      // What the watch missed: it may have started late, or been opened again.
      for (const one of await liveCounts(kubectl, namespace, kept)) look(one, one.wanted);
      await Promise.all(restoring);
    },
  };
}

/** Who may write the count of a workload, as the API server keeps it. */
export interface CountOwnership {
  /** Helm applies the workload on the server: what it no longer names is dropped unless somebody else holds it. */
  readonly isServerSide: boolean;
  /** Helm alone holds the count: no autoscaler has ever changed it. */
  readonly isHelmAlone: boolean;
}

export async function countOwnership(
  kubectl: Kubectl,
  namespace: string,
  { kind, name }: ScaledWorkload,
): Promise<CountOwnership> {
  const fields = await managedFields(kubectl, namespace, `${resources[kind]}/${name}`);
  const isHelm = (one: unknown) => textAt(one, "manager") === "helm";
  const holders = fields.filter((one) => at(one, "fieldsV1", "f:spec", "f:replicas") !== undefined);
  return {
    isServerSide: fields.some((one) => isHelm(one) && textAt(one, "operation") === "Apply"),
    isHelmAlone: holders.length > 0 && holders.every(isHelm),
  };
}

/**
 * Takes a hold of a workload's count as it is. A manifest that stops naming the count would else drop it: the server
 * then sets 1, long before an autoscaler looks again.
 */
export async function holdCount(
  kubectl: Kubectl,
  namespace: string,
  { kind, name, count }: WantedCount,
): Promise<void> {
  const metadata = { name, namespace };
  await kubectl.apply({ apiVersion: "apps/v1", kind, metadata, spec: { replicas: count } });
}

/** The managed fields of one object; empty when it is not there. */
export async function managedFields(
  kubectl: Kubectl,
  namespace: string,
  object: string,
): Promise<readonly unknown[]> {
  const args = ["get", object, "-n", namespace, "-o", "json", "--show-managed-fields", "--ignore-not-found"];
  const ran = await kubectl.run(args);
  if (ran.exitCode !== 0 || ran.timedOut) throw errorOf(args, ran);
  const fields = at(parseJson(ran.stdout), "metadata", "managedFields");
  return Array.isArray(fields) ? fields : [];
}
