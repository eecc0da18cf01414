import { CancelledError } from "../../../core/errors.ts";
import { combine, fail, pass, type Verdict } from "../../../core/verdict.ts";
import { mergeGates } from "../../../domain/record/record.ts";
import type { ReleaseState, RolloutState } from "../../../domain/record/state.ts";
import type { ReleaseObjects } from "../../../domain/release/candidate-conflicts.ts";
import { colourOfRelease } from "../../../domain/release/colours.ts";
import { deployedRevision } from "../../../domain/release/history.ts";
import { judgeHold } from "../guard.ts";
import { openRecordIn, updateRecord } from "../records.ts";
import { digestOf, type PhaseOutcome, refusedOutputs, type Session } from "../session.ts";
import { updateRollout } from "../weight.ts";
import { reachLiveCount } from "./counts.ts";
import { installedObjects } from "./follow.ts";
import { switchTo } from "./front.ts";
import { diagnoseColour, endColour, invalid } from "./gone-wrong.ts";
import { colouredRollout, readLive } from "./pair.ts";
import { pinColours } from "./pins.ts";
import { abandonSwitch, serveWatched } from "./serve.ts";
import { coloursOf, refuse, served, type Trial } from "./trial.ts";

/**
 * Switches production's traffic to the colour that is tried, by one patch, and watches it for the watch time. Done
 * again it goes on where it stopped.
 */
export async function promoteColour(session: Session): Promise<PhaseOutcome> {
  const state = await session.store.read();
  const rollout = colouredRollout(state);
  if (rollout === undefined) return nothingToPromote(session, state);
  const verdict = combine([judgeMine(session, rollout), judgeHold(session, state)]);
  if (verdict.kind !== "pass") return { verdict, outputs: refusedOutputs };
  const { phase, candidateRelease: release, stableRelease: stable } = rollout;
  const record = openRecordIn(state, rollout.digest);
  const { tried, home } = coloursOf(session, rollout);
  if (phase === "deploying" || phase === "aborting" || (home === undefined && phase !== "verifying"))
    return refuse(`${release} is not ready to take traffic (phase ${phase}): run phase deploy again`);
  const live = await readLive(session);
  if (phase === "verifying" && live !== tried)
    return refuse(`${release} was switched to, but does not serve any more: run phase deploy again`);
  if (phase === "verifying" || home === undefined || stable === undefined)
    return served(session, record, { release, note: "it serves already" });
  const trial: Trial = { rollout, record, tried, home, stable };
  const unfit = await judgeInstalled(session, trial);
  if (unfit.kind !== "pass") return { verdict: unfit, outputs: refusedOutputs };
  await updateRecord(session, record.id, { verdicts: mergeGates(record.verdicts, session.gates) });
  return live === tried ? serveWatched(session, trial) : switchWhenReady(session, trial);
}

function judgeMine({ inputs, context }: Session, { digest, run }: RolloutState): Verdict {
  if (digest !== digestOf(inputs))
    return fail(`The version that is tried is ${digest}, not ${digestOf(inputs)}`);
  return run.id === context.run.runId
    ? pass
    : fail(`The version that is tried belongs to run ${run.id}, not to this one`);
}

/** What was tested must be what gets the traffic: the revision that this attempt installed, and no other. */
async function judgeInstalled({ cluster, inputs }: Session, { rollout, record }: Trial): Promise<Verdict> {
  const { candidateRelease } = rollout;
  const installed = deployedRevision(await cluster.helm.history(candidateRelease, inputs.namespace));
  if (installed !== undefined && installed.revision === record.revision) return pass;
  const there = installed === undefined ? "not deployed" : `at revision ${installed.revision}`;
  return fail(
    `${candidateRelease} is ${there}, but revision ${record.revision ?? "none"} is what was tried: run phase deploy again`,
  );
}

/** Counts are read again: the autoscaler may have moved since the colour was installed. */
async function switchWhenReady(session: Session, trial: Trial): Promise<PhaseOutcome> {
  const { rollout, record, stable } = trial;
  const release = rollout.candidateRelease;
  const [tried, serving] = await Promise.all([
    installedObjects(session, release),
    installedObjects(session, stable),
  ]);
  await pinColours(session, tried, serving);
  const reached = await reachLiveCount(session, { tried, serving });
  if (reached.kind === "reached") return switchOver(session, trial, tried);
  return endColour(session, {
    record,
    release,
    sentence: invalid(release, reached.sentence),
    reason: "validation",
    cause: reached.signal?.reason ?? "timeout",
    diagnosis: await diagnoseColour(session, { colour: tried, ...reached }),
    untouched: true,
  });
}

async function switchOver(session: Session, trial: Trial, tried: ReleaseObjects): Promise<PhaseOutcome> {
  await updateRollout(session, (now) => ({ ...now, phase: "promoting" }));
  // A step that was told to stop stops here: after the next line traffic has moved.
  if (session.context.signal.aborted)
    throw new CancelledError("The step was cancelled before the switch: nothing was switched");
  try {
    const switched = await switchTo(session, trial.tried);
    if (!switched.isConfirmed) return abandonSwitch(session, trial, switched.sentence);
  } catch (error) {
    // Refused as a whole, nothing has moved; accepted by the server alone, it has.
    if ((await readLive(session)) === trial.home) throw error;
    return abandonSwitch(session, trial, error instanceof Error ? error.message : String(error));
  }
  const switchedAt = new Date(session.clock.now()).toISOString();
  await updateRollout(session, (now) => ({ ...now, phase: "watching", weight: 100, switchedAt }));
  return serveWatched(session, { ...trial, rollout: { ...trial.rollout, switchedAt } }, tried);
}

async function nothingToPromote(session: Session, { records }: ReleaseState): Promise<PhaseOutcome> {
  const { inputs, cluster } = session;
  const digest = digestOf(inputs);
  const record = records.find((one) => one.digest === digest && one.status === "good");
  const colour = colourOfRelease(inputs.release, record?.helmRelease ?? "");
  const nothing = `No version of ${digest} is being tried: there is nothing to promote`;
  if (record?.helmRelease === undefined || colour === undefined) return refuse(nothing);
  const history = await cluster.helm.history(record.helmRelease, inputs.namespace);
  const isServing = (await readLive(session)) === colour;
  if (!isServing || deployedRevision(history)?.revision !== record.revision) return refuse(nothing);
  return served(session, record, { release: "", note: "it serves already" });
}
