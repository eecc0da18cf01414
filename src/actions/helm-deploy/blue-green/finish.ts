import { fail, pass, type Verdict } from "../../../core/verdict.ts";
import { changeRecord, type DeployRecord, mergeGates } from "../../../domain/record/record.ts";
import type { ReleaseState, RolloutState } from "../../../domain/record/state.ts";
import { type Colour, colourOfRelease, colourRelease, otherColour } from "../../../domain/release/colours.ts";
import { lastRevision } from "../../../domain/release/history.ts";
import { endDeployment } from "../github-deployment.ts";
import { ended } from "../records.ts";
import { digestOf, type PhaseOutcome, type Session } from "../session.ts";
import { subjectRows, table } from "../summary.ts";
import { updateRollout } from "../weight.ts";
import { colouredRollout, readLive } from "./pair.ts";
import { returnPins } from "./pins.ts";
import { removeColour } from "./tried-release.ts";

// Kube-proxies and load balancers learn late of a switch: pods that are taken away earlier take requests with them.
const stayMs = 30_000;

/**
 * Closes the record as good, then removes the colour that served before; its history stays. The record comes first: a
 * step that is killed in between leaves a proven version and a removal that anybody may end.
 */
export async function finishColour(session: Session): Promise<PhaseOutcome> {
  const state = await session.store.read();
  const digest = digestOf(session.inputs);
  const record = state.records.find(
    (one) => one.digest === digest && (one.status === "deploying" || one.status === "good"),
  );
  const colour = colourOfRelease(session.inputs.release, record?.helmRelease ?? "");
  if (record === undefined || colour === undefined)
    return { verdict: fail(`No deploy of ${digest} is under way: there is nothing to finish`) };
  const rollout = colouredRollout(state);
  const verdict = await judgeFinish(session, { state, record, colour });
  if (verdict.kind !== "pass") return { verdict };
  if (record.status === "deploying") await prove(session, record);
  const old = colourRelease(session.inputs.release, otherColour(colour));
  if (rollout === undefined) return finished(session, record);
  await clear(session, { rollout, old });
  return finished(session, record, rollout.stableRelease);
}

interface Closing {
  readonly state: ReleaseState;
  readonly record: DeployRecord;
  readonly colour: Colour;
}

async function judgeFinish(session: Session, { state, record, colour }: Closing): Promise<Verdict> {
  const rollout = colouredRollout(state);
  const name = record.helmRelease ?? "";
  if (rollout !== undefined && rollout.record !== record.id)
    return fail(`Another version is being tried (${rollout.candidateRelease}): its own run finishes it`);
  if (rollout === undefined && record.status === "deploying")
    return fail(`The deploy of ${name} was ended before it was finished: there is nothing to finish`);
  if (rollout?.phase === "watching")
    return fail(`The watch of ${name} was cut short: run phase promote again, or abort`);
  if (rollout !== undefined && rollout.phase !== "verifying")
    return fail(`${name} does not serve yet (phase ${rollout.phase}): promote it first`);
  const history = await session.cluster.helm.history(name, session.inputs.namespace);
  const serves = lastRevision(history);
  if (serves?.revision !== record.revision || serves?.status !== "deployed") {
    const there = serves === undefined ? "no revision" : `revision ${serves.revision}, ${serves.status}`;
    return fail(`The record is about revision ${record.revision ?? "none"}, but ${name} is at ${there}`);
  }
  if ((await readLive(session)) === colour) return pass;
  return fail(`${name} does not get the traffic any more: somebody has switched it away`);
}

async function prove(session: Session, record: DeployRecord): Promise<void> {
  const verdicts = mergeGates(record.verdicts, session.gates);
  const change = ended({ status: "good", verdicts, reason: "every gate passed" });
  await session.store.update((now) => ({ ...now, records: changeRecord(now.records, record.id, change) }));
  await endDeployment(session, record.id, {
    state: "success",
    description: `${record.helmRelease} revision ${record.revision} serves`,
  });
}

async function clear(
  session: Session,
  { rollout, old }: { readonly rollout: RolloutState; readonly old: string },
): Promise<void> {
  const { clock, context } = session;
  if (rollout.stableRelease !== undefined) {
    const since = Date.parse(rollout.switchedAt ?? "");
    const waitMs = Math.min(stayMs, Math.max(0, (since || clock.now()) + stayMs - clock.now()));
    if (waitMs > 0) {
      context.runner.info(`${old} stays ${Math.ceil(waitMs / 1000)} s more: some still learn of the switch`);
      await clock.sleep(waitMs, context.signal);
    }
    await removeColour(session, old);
  }
  await returnPins(session);
  await updateRollout(session, () => undefined);
}

function finished(session: Session, record: DeployRecord, old?: string): PhaseOutcome {
  return {
    verdict: pass,
    outputs: { record: record.id, revision: String(record.revision), "candidate-release": "" },
    details: { record: record.id, revision: record.revision, serves: record.helmRelease, removed: old ?? "" },
    summary: table([
      ...subjectRows(session),
      ["serves", `\`${record.helmRelease}\` revision ${record.revision}`],
      ["removed", old === undefined ? "" : `\`${old}\`, its history is kept`],
      ["record", `\`${record.id}\`: good`],
    ]),
  };
}
