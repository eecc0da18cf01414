import { at, isRecord } from "../core/json.ts";
import { type ManifestObject, workloadObjects } from "../domain/release/manifest.ts";
import type { RestoredWorkload } from "../domain/rollback/restored.ts";
import { tendStatefulSets } from "./broken-pods.ts";
import type { Cluster } from "./cluster-access.ts";
import { freeOfLeftAccounts } from "./left-account.ts";
import { countsToKeep, keepReplicas } from "./replicas.ts";
import type { Ran } from "./shell.ts";

export interface RevisionRequest {
  readonly release: string;
  readonly revision: number;
  /** The manifest of the revision. */
  readonly objects: readonly ManifestObject[];
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly say: (line: string) => void;
}

export interface RestoredRevision {
  /** What became of `helm rollback`. */
  readonly ran: Ran;
  /** What was done beside it, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * `helm rollback` to a revision by number, with what Helm does not do by itself: counts that autoscalers own are kept,
 * a service account that the revision does not name is taken away, and broken pods that a StatefulSet would wait for
 * are deleted.
 */
export async function restoreRevision(cluster: Cluster, request: RevisionRequest): Promise<RestoredRevision> {
  const { release, revision, objects, timeoutMs, signal, say } = request;
  const { kubectl, namespace, helm } = cluster;
  const [tending, counts] = await Promise.all([
    tendStatefulSets(cluster, objects, say),
    countsToKeep(kubectl, namespace, objects),
  ]);
  let deleted: readonly string[] = [];
  let ran: Ran;
  try {
    const body = () =>
      helm.rollback(release, revision, namespace, {
        timeoutMs,
        ...(signal === undefined ? {} : { signal }),
      });
    const counted = () => keepReplicas(kubectl, namespace, { counts, say, body });
    ran = await freeOfLeftAccounts(kubectl, namespace, { objects, say, body: counted });
  } finally {
    deleted = await tending.end();
  }
  return {
    ran,
    notes: deleted.map((pod) => `pod ${pod} was deleted: its StatefulSet would have waited for it`),
  };
}

/** The workloads of a manifest as they are in the cluster, with their pods. */
export function readRestored(
  { kubectl, namespace }: Cluster,
  objects: readonly ManifestObject[],
): Promise<readonly RestoredWorkload[]> {
  return Promise.all(
    workloadObjects(objects).map(async (wanted) => {
      const place = wanted.namespace === "" ? namespace : wanted.namespace;
      const live = await kubectl.get(`${wanted.kind.toLowerCase()}s.apps`, wanted.name, place);
      const labels = at(live, "spec", "selector", "matchLabels");
      if (!isRecord(labels)) return { wanted, live, pods: [] };
      const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
      return { wanted, live, pods: await kubectl.list("pods", place, selector.join(",")) };
    }),
  );
}
