import { messageOf } from "../core/errors.ts";
import { at, isRecord, textAt } from "../core/json.ts";
import type { ManifestObject } from "../domain/release/manifest.ts";
import { brokenPods } from "../domain/rollback/broken-pods.ts";
import type { Cluster } from "./cluster-access.ts";

export interface Tending {
  /** Ends the watch and says which pods were deleted. */
  end(): Promise<readonly string[]>;
}

const lookEveryMs = 1000;

/**
 * Deletes, beside a Helm that restores a revision, the broken pods that its StatefulSets would wait for without end.
 * Begin it before Helm: what the sets were then tells the broken revision from the restored one.
 */
export async function tendStatefulSets(
  cluster: Cluster,
  objects: readonly ManifestObject[],
  say: (line: string) => void,
): Promise<Tending> {
  const sets = objects.filter(({ kind, isHook }) => kind === "StatefulSet" && !isHook);
  if (sets.length === 0) return { end: () => Promise.resolve([]) };
  const before = await Promise.all(
    sets.map(async (wanted) => textAt(await read(cluster, wanted), "status", "updateRevision")),
  );
  const deleted = new Set<string>();
  const look = async () => {
    for (const [index, wanted] of sets.entries()) {
      for (const pod of await broken(cluster, wanted, before[index])) {
        say(
          `Pod ${pod} is of the revision that is left and not ready: ${wanted.name} would wait for it, so it is deleted`,
        );
        await cluster.kubectl.remove("pods", pod, placeOf(cluster, wanted));
        deleted.add(pod);
      }
    }
  };
  const ending = new AbortController();
  const ended = loop(look, ending.signal, say);
  return {
    end: async () => {
      ending.abort();
      await ended;
      return [...deleted];
    },
  };
}

async function loop(look: () => Promise<void>, ending: AbortSignal, say: (line: string) => void) {
  let shown = "";
  while (!ending.aborted) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, lookEveryMs);
      const stop = () => {
        clearTimeout(timer);
        resolve();
      };
      ending.addEventListener("abort", stop, { once: true });
    });
    if (ending.aborted) return;
    try {
      await look();
    } catch (error) {
      const line = `Broken pods of a StatefulSet cannot be looked for: ${messageOf(error)}`;
      if (line !== shown) say(line);
      shown = line;
    }
  }
}

async function broken(cluster: Cluster, wanted: ManifestObject, revisionBefore: string | undefined) {
  const live = await read(cluster, wanted);
  const labels = at(live, "spec", "selector", "matchLabels");
  if (!isRecord(labels)) return [];
  const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const pods = await cluster.kubectl.list("pods", placeOf(cluster, wanted), selector.join(","));
  return brokenPods({ wanted, live, pods, revisionBefore });
}

function read(cluster: Cluster, wanted: ManifestObject): Promise<unknown> {
  return cluster.kubectl.get("statefulsets.apps", wanted.name, placeOf(cluster, wanted));
}

function placeOf({ namespace }: Cluster, wanted: ManifestObject): string {
  return wanted.namespace === "" ? namespace : wanted.namespace;
}
