import { fail, pass } from "../../core/verdict.ts";
import type { DeployRecord } from "../../domain/record/record.ts";
import { type RolloutState, withRollout } from "../../domain/record/state.ts";
import { deployedRevision, type HelmRevision } from "../../domain/release/history.ts";
import { pinColours, returnPins } from "./blue-green/pins.ts";
import { warnOfRoom } from "./capacity-warnings.ts";
import { endDeployment } from "./github-deployment.ts";
import { ended, updateRecord } from "./records.ts";
import type { PreparedChart, Rendered } from "./render.ts";
import { type RolloutFailure, rollOut } from "./rollout.ts";
import { digestOf, type PhaseOutcome, type Session } from "./session.ts";
import { rolloutMs } from "./step-budget.ts";
import { failureSummary, subjectRows, table } from "./summary.ts";
import { removeCandidate, silenceCandidate, updateRollout } from "./weight.ts";

export interface CandidateDeploy {
  readonly chart: PreparedChart;
  readonly stable: Rendered;
  readonly candidate: Rendered;
  readonly history: readonly HelmRevision[];
}

// Longer than GitHub lets a job run: after it, nobody can be at work on the rollout.
const expiresAfterMs = 6 * 3_600_000;

/** Installs the candidate beside the stable release, at weight 0. */
export async function deployCandidate(
  session: Session,
  { chart, stable, candidate, history }: CandidateDeploy,
  record: DeployRecord,
): Promise<PhaseOutcome> {
  await session.store.update((state) => {
    const rollout = rolloutOf(session, candidate.release, record);
    // What an earlier attempt took from autoscalers is still to be given back.
    const pins = state.rollout?.pins;
    return withRollout(state, pins === undefined ? rollout : { ...rollout, pins });
  });
  // As its traffic leaves, an autoscaler would take the pods away that the way back needs.
  await pinColours(session, stable);
  await silenceCandidate(session);
  // What an earlier attempt left is not what is tried now; without traffic it may go.
  if ((await session.cluster.helm.history(candidate.release, session.inputs.namespace)).length > 0)
    await removeCandidate(session, candidate.release);
  await warnOfRoom(session, { objects: candidate.objects, serving: stable.objects });
  const outcome = await rollOut(session, {
    rendered: candidate,
    chart: chart.chart,
    record: record.id,
    timeoutMs: rolloutMs(session),
    createNamespace: false,
  });
  const serves = deployedRevision(history)?.revision;
  const outputs = {
    record: record.id,
    ...(serves === undefined ? {} : { revision: String(serves), "previous-revision": String(serves) }),
  };
  if (outcome.kind === "failed") return failCandidate(session, { outcome, record, candidate, outputs });
  await updateRollout(session, (rollout) => ({ ...rollout, phase: "candidate" }));
  return {
    verdict: pass,
    outputs: { ...outputs, "candidate-release": candidate.release },
    details: { record: record.id, candidateRelease: candidate.release, rolloutSeconds: outcome.seconds },
    summary: table([
      ...subjectRows(session),
      ["candidate", `\`${candidate.release}\`, ready after ${outcome.seconds.toFixed(1)} s, weight 0`],
    ]),
  };
}

function rolloutOf(
  { inputs, context }: Session,
  candidateRelease: string,
  record: DeployRecord,
): RolloutState {
  const { repository, runId, attempt, job } = context.run;
  return {
    phase: "deploying",
    weight: 0,
    candidateRelease,
    digest: digestOf(inputs),
    record: record.id,
    run: { repository, id: runId, attempt, job },
    expiresAt: new Date(Date.now() + expiresAfterMs).toISOString(),
    traffic: inputs.trafficText,
  };
}

interface FailedCandidate {
  readonly outcome: RolloutFailure;
  readonly record: DeployRecord;
  readonly candidate: Rendered;
  readonly outputs: Readonly<Record<string, string>>;
}

async function failCandidate(
  session: Session,
  { outcome, record, candidate, outputs }: FailedCandidate,
): Promise<PhaseOutcome> {
  const { sentence, reason } = outcome;
  await updateRecord(session, record.id, ended({ status: "bad", untouched: true, reason: sentence }));
  const isKept = session.inputs.onFailure === "keep" || reason === "cancelled";
  if (!isKept) {
    await removeCandidate(session, candidate.release);
    await returnPins(session);
    await updateRollout(session, () => undefined);
  }
  await endDeployment(session, record.id, { state: "failure", description: sentence });
  const after = isKept ? "The candidate stays at weight 0 for the steps after" : "The candidate is removed";
  return {
    verdict: fail(sentence),
    outputs: { ...outputs, "candidate-release": "", "failure-reason": reason },
    details: { record: record.id, failureReason: reason, afterwards: after, ...outcome.diagnosis.details },
    summary: failureSummary(session, outcome, `${after}; the stable release was not touched`),
  };
}
