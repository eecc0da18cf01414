import { setTimeout as sleep } from "node:timers/promises";
import type { ActionRun, RunningAction, Stand } from "../stand.ts";
import type { Ending, Trigger } from "./points.ts";
import { shows } from "./watch-cluster.ts";

/** What came of an action that was to be killed. */
export interface Kill {
  readonly run: ActionRun;
  /** False when it came to its end before the point was reached. */
  readonly isKilled: boolean;
  /** Seconds from the signal to its end. */
  readonly seconds: number;
}

// GitHub's times.
const terminateAfterMs = 7_500;
const killAfterMs = 2_500;

/** Lets an action run until the point is reached and ends it there. */
export async function killAt(
  stand: Stand,
  start: () => Promise<RunningAction>,
  { trigger, ending }: { readonly trigger: Trigger; readonly ending: Ending },
): Promise<Kill> {
  const over = new AbortController();
  // Watching begins first: some steps are over before a process of ours would be up.
  const shown = trigger.kind === "cluster" ? shows(stand, trigger.what, over.signal) : undefined;
  if (shown !== undefined) await sleep(200);
  const action = await start();
  const done = action.done.then((run) => {
    over.abort();
    return run;
  });
  const isReached = await Promise.race([reached(action, trigger, shown), done.then(() => false)]);
  const begun = performance.now();
  if (isReached) await end(action, ending);
  const run = await done;
  return { run, isKilled: isReached, seconds: (performance.now() - begun) / 1000 };
}

async function reached(
  action: RunningAction,
  trigger: Trigger,
  shown: Promise<boolean> | undefined,
): Promise<boolean> {
  if (trigger.kind === "after") return sleep(trigger.seconds * 1000, true);
  if (trigger.kind === "line") return (await action.seen(trigger.pattern)) !== undefined;
  return shown ?? false;
}

async function end(action: RunningAction, ending: Ending): Promise<void> {
  if (ending === "lose") return action.killTree();
  let isOver = false;
  const ended = action.done.then(() => {
    isOver = true;
  });
  const wait = (ms: number) => Promise.race([ended, sleep(ms)]);
  if (ending === "cancel") {
    action.signal("SIGINT");
    await wait(terminateAfterMs);
  }
  if (!isOver) action.signal("SIGTERM");
  await wait(ending === "cancel" ? killAfterMs : terminateAfterMs + killAfterMs);
  if (!isOver) action.killTree();
}
