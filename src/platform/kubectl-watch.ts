import { CancelledError } from "../core/errors.ts";
import { at, textAt } from "../core/json.ts";
import type { Kubectl } from "./kubectl.ts";
import { errorOf, UnreachableError } from "./kubectl-errors.ts";

export interface ObjectEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: unknown;
}

export type WatchEvent =
  | ObjectEvent
  /** The stream was opened again: what is there now follows as ADDED, what is not reported is gone. */
  | { readonly type: "RESTARTED" };

export interface WatchTarget {
  readonly kind: string;
  readonly namespace: string;
  readonly selector?: string;
}

interface Watcher {
  readonly onEvent: (event: WatchEvent) => void;
  readonly signal: AbortSignal;
}

/** How long a stream that ended is left alone. */
export const restartAfterMs = 500;

/** Follows `kubectl get --watch`. The server closes watches now and then, which is no failure. */
export async function watchObjects(
  run: Kubectl["run"],
  target: WatchTarget,
  watcher: Watcher,
): Promise<void> {
  const { kind, namespace, selector } = target;
  const args = ["get", kind, "-n", namespace, "--watch", "--output-watch-events", "-o", "json"];
  if (selector !== undefined) args.push("-l", selector);
  for (let isFirst = true; !watcher.signal.aborted; isFirst = false) {
    if (!isFirst) watcher.onEvent({ type: "RESTARTED" });
    await followOnce(run, args, watcher);
    if (!watcher.signal.aborted) await new Promise((resolve) => setTimeout(resolve, restartAfterMs));
  }
}

async function followOnce(run: Kubectl["run"], args: readonly string[], watcher: Watcher): Promise<void> {
  try {
    const ran = await run(args, {
      signal: watcher.signal,
      timeoutMs: 24 * 3_600_000,
      graceMs: 1000,
      keepCharacters: 64 * 1024,
      onLine: (line, stream) => {
        const event = stream === "stdout" ? parseEvent(line) : undefined;
        if (event !== undefined && !watcher.signal.aborted) watcher.onEvent(event);
      },
    });
    if (ran.exitCode === 0 || watcher.signal.aborted) return;
    const error = errorOf(args, ran);
    if (!(error instanceof UnreachableError)) throw error;
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error;
  }
}

/** What a line of a watch says. kubectl with --output-watch-events and the API server write one document a line. */
export function parseEvent(line: string): ObjectEvent | undefined {
  try {
    const document: unknown = JSON.parse(line);
    const type = textAt(document, "type");
    if (type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED") return undefined;
    return { type, object: at(document, "object") };
  } catch {
    return undefined;
  }
}
