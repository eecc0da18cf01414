import { formatMs } from "../../../core/duration.ts";
import { CancelledError } from "../../../core/errors.ts";
import { fail } from "../../../core/verdict.ts";
import type { ReleaseObjects } from "../../../domain/release/candidate-conflicts.ts";
import type { PhaseOutcome, Session } from "../session.ts";
import { updateRollout } from "../weight.ts";
import { installedObjects } from "./follow.ts";
import { tryFlipBack } from "./front.ts";
import { diagnoseColour, endColour } from "./gone-wrong.ts";
import { served, type Trial } from "./trial.ts";
import { type Objection, watchServing } from "./watch.ts";

/**
 * Watches the colour that serves now for what is left of the watch time, and flips back when it fails. A watch that is
 * cut short changes nothing: both colours stay up for whoever comes next.
 */
export async function serveWatched(
  session: Session,
  trial: Trial,
  known?: ReleaseObjects,
): Promise<PhaseOutcome> {
  const release = trial.rollout.candidateRelease;
  const switchedAt = trial.rollout.switchedAt ?? new Date(session.clock.now()).toISOString();
  await updateRollout(session, (now) => ({ ...now, phase: "watching", weight: 100, switchedAt }));
  const tried = known ?? (await installedObjects(session, release));
  const serving = await installedObjects(session, trial.stable);
  try {
    const objection = await watchServing(session, { tried, serving, since: Date.parse(switchedAt) });
    if (objection !== undefined) return await giveUp(session, trial, { tried, objection });
  } catch (error) {
    if (error instanceof CancelledError || session.context.signal.aborted) return cutShort(session, trial);
    throw error;
  }
  await updateRollout(session, (now) => ({ ...now, phase: "verifying" }));
  const note = `watched for ${formatMs(session.inputs.rolloutRules.watchMs)}; \`${trial.stable}\` stays up until phase finish`;
  return served(session, trial.record, { release, note });
}

interface Trouble {
  readonly tried: ReleaseObjects;
  readonly objection: Objection;
}

/** Traffic first, then what the cluster had to say, then the record. The old colour is as it was. */
async function giveUp(session: Session, trial: Trial, { tried, objection }: Trouble): Promise<PhaseOutcome> {
  const release = trial.rollout.candidateRelease;
  const { text, signal, view } = objection;
  const back = await goHome(session, trial);
  const diagnosis = await diagnoseColour(session, {
    colour: tried,
    sentence: text,
    view,
    ...(signal === undefined ? {} : { signal }),
  });
  return endColour(session, {
    record: trial.record,
    release,
    sentence: `Watch of ${release} failed after the switch: ${text}`,
    reason: "watch",
    ...(signal === undefined ? {} : { cause: signal.reason }),
    diagnosis,
    ...back,
  });
}

/** A switch that was made and is not borne out is taken back: half of it is the worst of both. */
export async function abandonSwitch(session: Session, trial: Trial, why: string): Promise<PhaseOutcome> {
  const release = trial.rollout.candidateRelease;
  return endColour(session, {
    record: trial.record,
    release,
    sentence: `Watch of ${release} failed after the switch: the switch is not confirmed: ${why}`,
    reason: "watch",
    ...(await goHome(session, trial)),
  });
}

async function goHome(session: Session, { home }: Trial) {
  await updateRollout(session, (now) => ({ ...now, phase: "aborting" }));
  const { isConfirmed, sentence } = await tryFlipBack(session, home);
  session.context.runner.info(sentence);
  return {
    first: `Traffic is back: ${sentence}`,
    ...(isConfirmed ? {} : { first: sentence, mustStay: true as const }),
  };
}

function cutShort({ context, lease }: Session, { rollout, record, stable }: Trial): PhaseOutcome {
  const release = rollout.candidateRelease;
  const why = lease?.whyLost() ?? "the step was cancelled";
  const sentence = `The watch of ${release} was cut short: ${why}; it serves, and ${stable} is still up`;
  context.runner.info(sentence);
  return {
    verdict: fail(sentence),
    outputs: { record: record.id, "candidate-release": release, "failure-reason": "cancelled" },
    details: { record: record.id, failureReason: "cancelled" },
  };
}
