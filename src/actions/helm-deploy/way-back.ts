import { spendMs } from "../../core/budget.ts";
import { fail, pass, type Verdict } from "../../core/verdict.ts";
import { manifestObjects } from "../../domain/release/manifest.ts";
import { schemaObstacle } from "../../domain/rollback/obstacles.ts";
import { chooseTarget } from "../../domain/rollback/target.ts";
import { restoreRevision } from "../../platform/restore-revision.ts";
import { lastLines } from "../../platform/shell.ts";
import { parseManifest } from "../../platform/yaml.ts";
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
  failure: Pick<RolloutFailure, "isUntouched" | "sentence">,
): Promise<{ readonly sentence: string; readonly verdict: Verdict }> {
  const { cluster, inputs, budget } = session;
  const say = (line: string) => session.context.runner.info(line);
  if (failure.isUntouched)
    return done("Nothing of the running version was changed, so nothing is rolled back");
  const history = await cluster.helm.history(inputs.release, inputs.namespace);
  const state = await session.store.read();
  const target = chooseTarget(history, state.records, {
    handle: { kind: "last-good" },
    isAutomatic: true,
    allowUnverified: false,
    held: state.holds.map(({ digest }) => digest),
  });
  if (target.kind !== "target") {
    const why = target.kind === "none" ? target.reason : `revision ${target.revision} serves already`;
    return done(`Nothing is rolled back: ${why}`);
  }
  const { record } = target;
  const schema = schemaObstacle(state.records, record, `revision ${target.revision}`);
  if (schema !== undefined) {
    const sentence = `Nothing is rolled back: ${schema} (action rollback)`;
    return { sentence, verdict: fail(sentence) };
  }
  const startedAt = session.clock.now();
  say(`Rolling ${inputs.release} back to revision ${target.revision}, which is ${target.proof}`);
  const manifest = await cluster.helm.getManifest(inputs.release, inputs.namespace, target.revision);
  const { ran, notes } = await restoreRevision(cluster, {
    release: inputs.release,
    revision: target.revision,
    objects: manifestObjects(await parseManifest(manifest)),
    timeoutMs: spendMs(budget),
    say,
  });
  for (const note of notes) say(note);
  if (ran.exitCode !== 0) {
    const sentence = `The rollback to revision ${target.revision} failed too: ${lastLines(ran.stderr)}`;
    return { sentence, verdict: fail(sentence) };
  }
  const seconds = Math.round((session.clock.now() - startedAt) / 100) / 10;
  await updateRecord(
    session,
    recordId,
    ended({
      status: "rolled-back",
      reason: failure.sentence,
      ...(record === undefined ? {} : { rollbackTo: record.id }),
      rollbackSeconds: seconds,
      verifiedBy: [`pods: passed: Helm waited until those of revision ${target.revision} were ready`],
    }),
  );
  return done(`Rolled back to revision ${target.revision} (${target.proof})`);
}

function done(sentence: string) {
  return { sentence, verdict: pass };
}
