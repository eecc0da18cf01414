import { setTimeout as sleep } from "node:timers/promises";
import { at, listAt, textAt } from "../core/json.ts";
import type { World } from "./cluster/world.ts";
import { administer } from "./production-route.ts";

/** How many ready pods of each release production had at one moment. */
export interface PodSample {
  readonly at: Date;
  readonly ready: Readonly<Record<string, number>>;
}

const everyMs = 3000;

/** Counts production's ready pods every few seconds until it is stopped. */
export function watchPods(world: World): { stop(): Promise<readonly PodSample[]> } {
  const samples: PodSample[] = [];
  const stopped = new AbortController();
  const watching = (async () => {
    while (!stopped.signal.aborted) {
      const text = await administer(world, ["get", "pods", "--namespace", "production", "--output", "json"]);
      samples.push({ at: new Date(), ready: countReady(JSON.parse(text)) });
      await sleep(everyMs, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  })();
  return {
    stop: async () => {
      stopped.abort();
      await watching;
      return samples;
    },
  };
}

function countReady(pods: unknown): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const pod of listAt(pods, "items")) {
    const release = textAt(pod, "metadata", "labels", "app.kubernetes.io/instance");
    const isReady = listAt(pod, "status", "conditions").some(
      (condition) => textAt(condition, "type") === "Ready" && textAt(condition, "status") === "True",
    );
    if (release === undefined || at(pod, "metadata", "deletionTimestamp") !== undefined) continue;
    counts[release] = (counts[release] ?? 0) + (isReady ? 1 : 0);
  }
  return counts;
}
