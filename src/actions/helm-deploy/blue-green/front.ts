import { messageOf } from "../../../core/errors.ts";
import { type Colour, colourRelease, weightFor } from "../../../domain/release/colours.ts";
import type { Session } from "../session.ts";
import { updateRollout } from "../weight.ts";
import { frontOf } from "./pair.ts";

/** What is known of a switch after it was made. */
export interface Switched {
  /** Responses, or where there is no way to count them the cluster, bear it out. */
  readonly isConfirmed: boolean;
  readonly sentence: string;
}

// Without a way to count responses, the time that data planes may take to act on an accepted change.
const settleMs = 3_000;

/**
 * Sends all traffic to one colour by one patch, and confirms it. Throws where the patch was not made; a switch that is
 * made and not borne out is a value, because then somebody must act.
 */
export async function switchTo(session: Session, colour: Colour): Promise<Switched> {
  const { front, traffic } = frontOf(session);
  const { clock, confirm, inputs } = session;
  const name = colourRelease(inputs.release, colour);
  const percent = weightFor(colour);
  session.context.runner.info(`${traffic.route.kind} ${traffic.route.name}: all traffic to ${name}`);
  const set = await front.setWeight(percent);
  if (traffic.confirm === undefined) {
    await clock.sleep(settleMs);
    const now = await front.readWeight();
    return now === percent
      ? { isConfirmed: true, sentence: set.sentence }
      : { isConfirmed: false, sentence: `The front was set to ${name} and is not: somebody changed it` };
  }
  const { decision, sentence } = await confirm(traffic.confirm, { percent });
  return { isConfirmed: decision === "confirmed", sentence: `${name}: ${sentence}` };
}

/** Sends traffic back to the colour that served before. The rollout's weight says so as soon as it is done. */
export async function flipBack(session: Session, home: Colour): Promise<Switched> {
  const switched = await switchTo(session, home);
  await updateRollout(session, (rollout) => ({ ...rollout, weight: 0 }));
  return switched;
}

/** As `flipBack`, for an emergency: what cannot be done is a sentence. */
export async function tryFlipBack(session: Session, home: Colour): Promise<Switched> {
  try {
    return await flipBack(session, home);
  } catch (error) {
    return { isConfirmed: false, sentence: `Traffic was not sent back: ${messageOf(error)}` };
  }
}
