import { pass } from "../../core/verdict.ts";
import { endDeployment } from "./github-deployment.ts";
import { candidateReleaseOf } from "./inputs.ts";
import { ended, updateRecord } from "./records.ts";
import type { PhaseOutcome, Session } from "./session.ts";
import { subjectRows, table } from "./summary.ts";
import { removeCandidate, silenceCandidate, updateRollout } from "./weight.ts";

/** Ends a canary: weight 0 first and confirmed, then the candidate goes. Doing it again changes nothing. */
export async function abortPhase(session: Session): Promise<PhaseOutcome> {
  const { rollout, records } = await session.store.read();
  await updateRollout(session, (now) => ({ ...now, phase: "aborting" }));
  await silenceCandidate(session);
  const release = rollout?.candidateRelease || candidateReleaseOf(session.inputs.release);
  await removeCandidate(session, release);
  const record = records.find(({ id }) => id === rollout?.record);
  if (record?.status === "deploying") {
    const reason = "the canary was aborted";
    await updateRecord(session, record.id, ended({ status: "bad", untouched: true, reason }));
    await endDeployment(session, record.id, { state: "failure", description: reason });
  }
  await updateRollout(session, () => undefined);
  return {
    verdict: pass,
    outputs: { "candidate-release": "", ...(record === undefined ? {} : { record: record.id }) },
    details: { removed: release, ...(record === undefined ? {} : { record: record.id }) },
    summary: table([...subjectRows(session), ["candidate", `\`${release}\` has no traffic and is removed`]]),
  };
}
