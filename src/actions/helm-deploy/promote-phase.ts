import { fail, pass } from "../../core/verdict.ts";
import type { LiveCount } from "../../domain/capacity/live-count.ts";
import { type DeployRecord, mergeGates } from "../../domain/record/record.ts";
import { type ReleaseState, type RolloutState, withoutRamp } from "../../domain/record/state.ts";
import { deployedRevision, type HelmRevision } from "../../domain/release/history.ts";
import { inFlightProblem } from "../../domain/release/strategy-change.ts";
import { judgeBeforeWrite, type Ready } from "./before-write.ts";
import { returnPins } from "./blue-green/pins.ts";
import { promoteColour } from "./blue-green/promote.ts";
import { prepareStable } from "./deploy-phase.ts";
import { endDeployment } from "./github-deployment.ts";
import { judgeHold } from "./guard.ts";
import { ended, openRecordIn, updateRecord } from "./records.ts";
import { withChart } from "./render.ts";
import type { RolloutFailure } from "./rollout.ts";
import { digestOf, type PhaseOutcome, refusedOutputs, type Session } from "./session.ts";
import { rollOutStable } from "./stable.ts";
import { promotedBefore, stableCounts, standFor } from "./stand.ts";
import { failureSummary, subjectRows, table } from "./summary.ts";
import { returnToLastGood } from "./way-back.ts";
import { removeCandidate, silenceCandidate, updateRollout } from "./weight.ts";

/** Gives all traffic to what is tried: by switching to its colour, or by upgrading the stable release under a canary. */
export async function promotePhase(session: Session): Promise<PhaseOutcome> {
  const state = await session.store.read();
  const inFlight = inFlightProblem(state, session.inputs.strategy);
  if (inFlight !== undefined) return { verdict: fail(inFlight), outputs: refusedOutputs };
  return session.inputs.strategy === "blue-green" ? promoteColour(session) : promoteCandidate(session, state);
}

/**
 * Brings the stable release to the candidate's digest while the candidate still serves its share, then takes the
 * share back and removes the candidate. The end state is that of a plain deploy.
 */
async function promoteCandidate(session: Session, state: ReleaseState): Promise<PhaseOutcome> {
  const { rollout } = state;
  if (rollout === undefined) return nothingToPromote(session, state);
  const foreign = whyForeign(session, rollout);
  if (foreign !== undefined) return { verdict: fail(foreign), outputs: refusedOutputs };
  const held = judgeHold(session, state);
  if (held.kind !== "pass") return { verdict: held, outputs: refusedOutputs };
  const record = openRecordIn(state, rollout.digest);
  // A repeated step finds the stable release promoted and has only the candidate to remove.
  if (rollout.phase === "verifying")
    return removeShare(session, { rollout, record, revision: record.revision ?? 0 });
  return withChart(session, async (chart) => {
    const ready = await prepareStable(session, chart);
    const done = rollout.phase === "promoting" ? await promotedBefore(session, ready, record) : undefined;
    if (done !== undefined) {
      await updateRecord(session, record.id, { revision: done });
      return endPromotion(session, { rollout, record, revision: done }, []);
    }
    const verdict = await judgeBeforeWrite(session, ready);
    if (verdict.kind !== "pass") return { verdict, outputs: refusedOutputs };
    return promote(session, ready, { rollout, record });
  });
}

interface Promotion {
  readonly rollout: RolloutState;
  readonly record: DeployRecord;
}

async function promote(
  session: Session,
  ready: Ready,
  { rollout, record }: Promotion,
): Promise<PhaseOutcome> {
  await updateRollout(session, (now) => ({ ...withoutRamp(now), phase: "promoting" }));
  await updateRecord(session, record.id, { verdicts: mergeGates(record.verdicts, session.gates) });
  const before = await stableCounts(session);
  const outcome = await rollOutStable(session, ready, record);
  if (outcome.kind === "failed")
    return failPromotion(session, { outcome, record, rollout, history: ready.history });
  return endPromotion(session, { rollout, record, revision: outcome.revision }, before);
}

type Promoted = Promotion & { readonly revision: number };

/** The share goes back only to a stable version that can carry it. */
async function endPromotion(
  session: Session,
  promoted: Promoted,
  before: readonly LiveCount[],
): Promise<PhaseOutcome> {
  await standFor(session, promoted.rollout, before);
  await updateRollout(session, (now) => ({ ...now, phase: "verifying" }));
  return removeShare(session, promoted);
}

async function removeShare(session: Session, { rollout, record, revision }: Promoted): Promise<PhaseOutcome> {
  await silenceCandidate(session);
  await removeCandidate(session, rollout.candidateRelease);
  await returnPins(session);
  const previous = record.previousRevision;
  return {
    verdict: pass,
    outputs: {
      record: record.id,
      revision: String(revision),
      ...(previous === undefined ? {} : { "previous-revision": String(previous) }),
      "candidate-release": "",
    },
    details: { record: record.id, revision, removed: rollout.candidateRelease },
    summary: table([
      ...subjectRows(session),
      ["revision", String(revision)],
      ["candidate", `\`${rollout.candidateRelease}\` removed after its weight was 0`],
    ]),
  };
}

interface FailedPromotion extends Promotion {
  readonly outcome: RolloutFailure;
  readonly history: readonly HelmRevision[];
}

async function failPromotion(session: Session, failed: FailedPromotion): Promise<PhaseOutcome> {
  const { outcome, record, rollout } = failed;
  const revision = outcome.revision === undefined ? {} : { revision: outcome.revision };
  await updateRecord(session, record.id, ended({ status: "bad", reason: outcome.sentence, ...revision }));
  const after = await undoPromotion(session, failed);
  await endDeployment(session, record.id, { state: "failure", description: outcome.sentence });
  return {
    verdict: fail(outcome.sentence),
    outputs: {
      record: record.id,
      "failure-reason": outcome.reason,
      "candidate-release": rollout.candidateRelease,
    },
    details: {
      record: record.id,
      failureReason: outcome.reason,
      afterwards: after,
      ...outcome.diagnosis.details,
    },
    summary: failureSummary(session, outcome, after),
  };
}

// While the stable release is being repaired, the candidate's pods may be the only healthy ones of its share: traffic
// goes home when there is a home.
async function undoPromotion(
  session: Session,
  { outcome, record, rollout }: FailedPromotion,
): Promise<string> {
  const isKept = session.inputs.onFailure === "keep" || outcome.reason === "cancelled";
  if (isKept) return "Nothing is rolled back here: the candidate keeps its share for the steps after";
  const { sentence, verdict } = await returnToLastGood(session, record.id, outcome);
  if (verdict.kind !== "pass") return `${sentence}; the candidate keeps its share`;
  await silenceCandidate(session);
  await removeCandidate(session, rollout.candidateRelease);
  await returnPins(session);
  await updateRollout(session, () => undefined);
  return `${sentence}; the candidate is removed`;
}

function whyForeign({ inputs, context }: Session, rollout: RolloutState): string | undefined {
  if (rollout.digest !== digestOf(inputs))
    return `The candidate that is tried is ${rollout.digest}, not ${digestOf(inputs)}`;
  if (rollout.run.id !== context.run.runId)
    return `The candidate belongs to run ${rollout.run.id}, not to this one`;
  return undefined;
}

async function nothingToPromote(session: Session, state: ReleaseState): Promise<PhaseOutcome> {
  const { cluster, inputs } = session;
  const serves = deployedRevision(await cluster.helm.history(inputs.release, inputs.namespace))?.revision;
  const digest = digestOf(inputs);
  const record = state.records.find(
    (one) => one.digest === digest && one.revision === serves && one.status !== "bad",
  );
  if (record === undefined)
    return {
      verdict: fail(`No candidate of ${digest} is being tried: there is nothing to promote`),
      outputs: refusedOutputs,
    };
  return {
    verdict: pass,
    outputs: { record: record.id, revision: String(serves), "candidate-release": "" },
    summary: table([...subjectRows(session), ["note", "it serves already: nothing to promote"]]),
  };
}
