import { formatMs } from "../../../core/duration.ts";
import { abortSentence } from "../../../domain/lock/command.ts";
import { leaseName } from "../../../domain/lock/lease.ts";
import type { ReleaseObjects } from "../../../domain/release/candidate-conflicts.ts";
import { wantedCounts } from "../../../domain/release/colour-counts.ts";
import { judgeColour, startColourMemory } from "../../../domain/release/colour-watch.ts";
import type { Signal } from "../../../domain/rollout/signal.ts";
import type { RolloutView } from "../../../domain/rollout/view.ts";
import type { Session } from "../session.ts";
import { colourBaseline, follow, readColours, scopeOfColour } from "./follow.ts";

/** What spoke against the colour that serves. */
export interface Objection {
  readonly text: string;
  readonly view: RolloutView;
  readonly signal?: Signal;
}

export interface Watched {
  /** The colour that serves now. */
  readonly tried: ReleaseObjects;
  /** The one that served before: its pods say how many are needed. */
  readonly serving: ReleaseObjects;
  /** Milliseconds since the epoch: when traffic was switched. */
  readonly since: number;
}

/** Watches a colour that serves until its time is over; what it returns early is why it may not go on serving. */
export async function watchServing(session: Session, watched: Watched): Promise<Objection | undefined> {
  const { clock, context, inputs } = session;
  const { tried, serving, since } = watched;
  const view = await readColours(session, tried, serving);
  const counts = wantedCounts(tried, serving, view.workloads);
  const { watchMs, graces } = inputs.rolloutRules;
  const frame = { scope: scopeOfColour(tried), baseline: colourBaseline(view), graces };
  context.runner.info(
    `${tried.release} serves: watched for ${formatMs(watchMs)}, then phase finish may follow`,
  );
  let memory = startColourMemory(clock.now());
  let wasPaused = false;
  const found = await follow<Objection | "over">(session, tried, ({ view: seen, now }) => {
    const command = session.lease?.command();
    if (command === "abort")
      return {
        text: abortSentence(leaseName(inputs.release), session.lease?.commandWords() ?? ""),
        view: seen,
      };
    if ((command === "pause") !== wasPaused)
      context.runner.info(
        wasPaused ? "The watch goes on to its end" : "Paused: the watch does not end by itself",
      );
    wasPaused = command === "pause";
    const judged = judgeColour(memory, { look: { ...frame, view: seen, now }, counts, isServing: true });
    memory = judged.memory;
    if (judged.verdict.kind === "failed") return { ...judged.verdict, view: seen };
    const isOver = now - since >= watchMs && !wasPaused;
    return isOver && judged.verdict.kind === "complete" ? "over" : undefined;
  });
  return found === "over" ? undefined : found;
}
