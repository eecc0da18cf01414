import { spendMs } from "../../core/budget.ts";
import { fail, pass, type Verdict } from "../../core/verdict.ts";
import { manifestObjects } from "../../domain/release/manifest.ts";
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
  failure: RolloutFailure,
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
  });
  if (target.kind !== "target") {
    const why = target.kind === "none" ? target.reason : `revision ${target.revision} serves already`;
    return done(`Nothing is rolled back: ${why}`);
  }
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
  await updateRecord(session, recordId, ended({ status: "rolled-back", reason: failure.sentence }));
  return done(`Rolled back to revision ${target.revision} (${target.proof})`);
}

function done(sentence: string) {
  return { sentence, verdict: pass };
}
