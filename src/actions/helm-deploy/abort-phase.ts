import { fail, pass } from "../../core/verdict.ts";
import type { ReleaseState } from "../../domain/record/state.ts";
import { inFlightProblem } from "../../domain/release/strategy-change.ts";
import { trafficSwitch } from "../../platform/traffic.ts";
import { abortColour } from "./blue-green/abort.ts";
import { returnPins } from "./blue-green/pins.ts";
import { whyPromoted } from "./broken-promotion.ts";
import { endDeployment } from "./github-deployment.ts";
import { candidateReleaseOf } from "./inputs.ts";
import { ended, updateRecord } from "./records.ts";
import { type PhaseOutcome, refusedOutputs, type Session } from "./session.ts";
import { subjectRows, table } from "./summary.ts";
import { removeCandidate, silenceCandidate, updateRollout } from "./weight.ts";

/** Ends what is tried: no traffic first and confirmed, then it goes. Doing it again changes nothing. */
export async function abortPhase(session: Session): Promise<PhaseOutcome> {
  const state = await session.store.read();
  const inFlight = inFlightProblem(state, session.inputs.strategy);
  if (inFlight !== undefined) return { verdict: fail(inFlight), outputs: refusedOutputs };
  return session.inputs.strategy === "blue-green" ? abortColour(session) : abortCandidate(session, state);
}

async function abortCandidate(session: Session, { rollout, records }: ReleaseState): Promise<PhaseOutcome> {
  const promoted = rollout === undefined ? undefined : whyPromoted(session.inputs.release, rollout);
  if (promoted !== undefined) return { verdict: fail(promoted), outputs: refusedOutputs };
  const release = rollout?.candidateRelease || candidateReleaseOf(session.inputs.release);
  if (rollout === undefined && (await isNobodyThere(session, release))) return nothingTried(session);
  await updateRollout(session, (now) => ({ ...now, phase: "aborting" }));
  await silenceCandidate(session);
  await removeCandidate(session, release);
  const record = records.find(({ id }) => id === rollout?.record);
  if (record?.status === "deploying") {
    const reason = "the canary was aborted";
    await updateRecord(session, record.id, ended({ status: "bad", untouched: true, reason }));
    await endDeployment(session, record.id, { state: "failure", description: reason });
  }
  await returnPins(session);
  await updateRollout(session, () => undefined);
  return {
    verdict: pass,
    outputs: { "candidate-release": "", ...(record === undefined ? {} : { record: record.id }) },
    details: { removed: release, ...(record === undefined ? {} : { record: record.id }) },
    summary: table([...subjectRows(session), ["candidate", `\`${release}\` has no traffic and is removed`]]),
  };
}

/** Without a candidate and without a share for one, a route need not be touched; it may not even be whole yet. */
async function isNobodyThere({ cluster, inputs }: Session, release: string): Promise<boolean> {
  const { traffic, namespace } = inputs;
  if ((await cluster.helm.history(release, namespace)).length > 0) return false;
  return (
    traffic === undefined || (await trafficSwitch(cluster.kubectl, traffic, namespace).readWeight()) === 0
  );
}

function nothingTried(session: Session): PhaseOutcome {
  return {
    verdict: pass,
    outputs: { "candidate-release": "" },
    summary: table([...subjectRows(session), ["note", "nothing is being tried: there is nothing to abort"]]),
  };
}
