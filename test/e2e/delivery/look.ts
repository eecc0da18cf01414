import { request } from "node:http";
import { listAt, numberAt, textAt } from "../../../src/core/json.ts";
import type { World } from "../../../src/rehearsal/cluster/world.ts";
import { administer } from "../../../src/rehearsal/production-route.ts";

/** A pod as a case wants to see it. */
export interface PodSeen {
  readonly name: string;
  /** The Helm release, by the instance label. */
  readonly release: string;
  readonly isReady: boolean;
  readonly isEnding: boolean;
  readonly phase: string;
  /** Digest of the image that the pod asks for. */
  readonly digest: string;
  readonly restarts: number;
}

/** The pods of a namespace, hooks left out. */
export async function readPods(world: World, namespace: string): Promise<readonly PodSeen[]> {
  const found = JSON.parse(await administer(world, ["get", "pods", "-n", namespace, "-o", "json"]));
  return listAt(found, "items").flatMap((pod) => {
    const release = textAt(pod, "metadata", "labels", "app.kubernetes.io/instance");
    if (release === undefined) return [];
    const ready = listAt(pod, "status", "conditions").find((one) => textAt(one, "type") === "Ready");
    return [
      {
        name: textAt(pod, "metadata", "name") ?? "",
        release,
        isReady: textAt(ready, "status") === "True",
        isEnding: textAt(pod, "metadata", "deletionTimestamp") !== undefined,
        phase: textAt(pod, "status", "phase") ?? "",
        digest: (textAt(pod, "spec", "containers", 0, "image") ?? "").split("@")[1] ?? "",
        restarts: numberAt(pod, "status", "containerStatuses", 0, "restartCount") ?? 0,
      },
    ];
  });
}

/** One revision as Helm tells it. */
export interface RevisionSeen {
  readonly revision: number;
  readonly status: string;
  readonly description: string;
}

/** Who answered one request. */
export interface AnswerSeen {
  readonly status: number;
  readonly version: string;
  readonly track: string;
  readonly release: string;
}

/** Asks once, over a connection of its own; undefined when nobody answers. */
export function ask(url: string, host?: string): Promise<AnswerSeen | undefined> {
  return new Promise((resolve) => {
    const call = request(url, {
      agent: false,
      headers: host === undefined ? {} : { host },
      signal: AbortSignal.timeout(5000),
    });
    call.on("error", () => resolve(undefined));
    call.on("response", (response) => {
      const header = (name: string) => String(response.headers[name] ?? "");
      response.resume();
      response.on("error", () => resolve(undefined));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          version: header("x-sluice-version"),
          track: header("x-sluice-track"),
          release: header("x-sluice-release"),
        }),
      );
    });
    call.end();
  });
}
