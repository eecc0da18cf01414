import { fail, pass } from "../../core/verdict.ts";
import { changeRecord, mergeGates } from "../../domain/record/record.ts";
import { withRollout } from "../../domain/record/state.ts";
import { lastRevision } from "../../domain/release/history.ts";
import { finishColour } from "./blue-green/finish.ts";
import { returnPins } from "./blue-green/pins.ts";
import { endDeployment } from "./github-deployment.ts";
import { ended } from "./records.ts";
import { digestOf, type PhaseOutcome, type Session } from "./session.ts";
import { subjectRows, table } from "./summary.ts";

/** Closes the record as good: from now on this revision is a proven way back. The smoke test has passed for it. */
export function finishPhase(session: Session): Promise<PhaseOutcome> {
  return session.inputs.strategy === "blue-green" ? finishColour(session) : finishRelease(session);
}

async function finishRelease(session: Session): Promise<PhaseOutcome> {
  const { cluster, inputs, store } = session;
  const digest = digestOf(inputs);
  const [state, history] = await Promise.all([
    store.read(),
    cluster.helm.history(inputs.release, inputs.namespace),
  ]);
  const serves = lastRevision(history);
  const record = state.records.find(
    (one) => one.digest === digest && ["deploying", "good", "observed"].includes(one.status),
  );
  if (record === undefined)
    return { verdict: fail(`No deploy of ${digest} is under way: there is nothing to finish`) };
  if (record.revision === undefined || serves?.revision !== record.revision || serves.status !== "deployed") {
    const there = serves === undefined ? "no revision" : `revision ${serves.revision}, ${serves.status}`;
    return {
      verdict: fail(
        `The record is about revision ${record.revision ?? "none"}, but ${inputs.release} is at ${there}`,
      ),
    };
  }
  if (record.status !== "good") {
    const verdicts = mergeGates(record.verdicts, session.gates);
    await returnPins(session);
    const change = ended({ status: "good", verdicts, reason: "every gate passed" });
    await store.update((now) =>
      withRollout({ ...now, records: changeRecord(now.records, record.id, change) }, undefined),
    );
    await endDeployment(session, record.id, {
      state: "success",
      description: `revision ${record.revision} serves`,
    });
  }
  return {
    verdict: pass,
    outputs: { record: record.id, revision: String(record.revision), "candidate-release": "" },
    details: { record: record.id, revision: record.revision },
    summary: table([
      ...subjectRows(session),
      ["revision", String(record.revision)],
      ["record", `\`${record.id}\`: good`],
    ]),
  };
}
