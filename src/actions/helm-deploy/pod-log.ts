import { messageOf } from "../../core/errors.ts";
import { failedHookPods, type TellingLog, tellingLogs } from "../../domain/rollout/telling-pod.ts";
import type { Baseline, RolloutScope, RolloutView } from "../../domain/rollout/view.ts";
import type { Session } from "./session.ts";

/** The last lines of a container. */
export interface PodLog {
  readonly title: string;
  readonly lines: readonly string[];
  /** The lines say why there is none. */
  readonly isMissing?: true;
}

const logLines = 30;

/** Reads a log. Never fails: a missing log is a sentence. */
export async function readPodLog(
  { cluster, inputs }: Session,
  pod: string,
  { container, previous }: TellingLog,
): Promise<PodLog> {
  const title = `Log of pod ${pod}, container ${container}`;
  const read = (isPrevious: boolean) =>
    cluster.kubectl.logs(pod, inputs.namespace, { container, previous: isPrevious, tail: logLines });
  try {
    const text = await read(previous);
    const isGone = previous && gone.test(text);
    const lines = (isGone ? await read(false) : text).split(/\r?\n/).filter((line) => line !== "");
    const from = previous && !isGone ? " (before it was restarted)" : "";
    return { title: `${title}${from}`, lines, ...(lines.some((line) => gone.test(line)) ? missing : {}) };
  } catch (error) {
    return { title, lines: [messageOf(error)], ...missing };
  }
}

const missing = { isMissing: true } as const;
// The node keeps one ended container, and answers with this, as if it were a log, when it has cleared that away.
const gone = /^unable to retrieve container logs for /;

/** Logs of hooks that have failed, read at once: a chart may have the pods removed before anybody asks. */
export interface HookLogs {
  look(view: RolloutView): void;
  /** That of the hook that failed last. */
  last(): Promise<PodLog | undefined>;
}

export function keepHookLogs(
  session: Session,
  began: { readonly scope: RolloutScope; readonly baseline: Baseline },
): HookLogs {
  const kept = new Map<string, Promise<PodLog>>();
  return {
    look: (view) => {
      for (const pod of failedHookPods({ view, ...began })) {
        const [log] = tellingLogs(pod, undefined);
        if (log !== undefined && !kept.has(pod.uid)) kept.set(pod.uid, readPodLog(session, pod.name, log));
      }
    },
    last: async () => (await Promise.all(kept.values())).findLast(({ isMissing }) => isMissing !== true),
  };
}
