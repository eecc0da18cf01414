import { fail, pass, type Verdict } from "../../core/verdict.ts";
import { chooseTarget } from "../../domain/rollback/target.ts";
import { lastLines } from "../../platform/shell.ts";
import { ended, updateRecord } from "./records.ts";
import type { RolloutFailure } from "./rollout.ts";
import type { Session } from "./session.ts";

/**
 * Returns the stable release to its last good or observed revision after a failed rollout. The revision is always
 * named: Helm's default is the one before the last, even when that one failed too.
 */
export async function returnToLastGood(
  session: Session,
  recordId: string,
  failure: RolloutFailure,
): Promise<{ readonly sentence: string; readonly verdict: Verdict }> {
  const { cluster, inputs, context } = session;
  if (failure.isUntouched)
    return done("Nothing of the running version was changed, so nothing is rolled back");
  const history = await cluster.helm.history(inputs.release, inputs.namespace);
  const state = await session.store.read();
  const target = chooseTarget(history, state.records, {
    handle: { kind: "last-good" },
    isAutomatic: true,
    allowUnverified: false,
  });
  if (target.kind !== "target") {
    const why = target.kind === "none" ? target.reason : `revision ${target.revision} serves already`;
    return done(`Nothing is rolled back: ${why}`);
  }
  context.runner.info(
    `Rolling ${inputs.release} back to revision ${target.revision}, which is ${target.proof}`,
  );
  const ran = await cluster.helm.rollback(inputs.release, target.revision, inputs.namespace, {
    timeoutMs: inputs.timeoutMs,
  });
  if (ran.exitCode !== 0) {
    const sentence = `The rollback to revision ${target.revision} failed too: ${lastLines(ran.stderr)}`;
    return { sentence, verdict: fail(sentence) };
  }
  await updateRecord(session, recordId, ended({ status: "rolled-back", reason: failure.sentence }));
  return done(`Rolled back to revision ${target.revision} (${target.proof})`);
}

function done(sentence: string) {
  return { sentence, verdict: pass };
}
