import { pass } from "../../../core/verdict.ts";
import type { ReleaseState, RolloutState } from "../../../domain/record/state.ts";
import { deployedRevision } from "../../../domain/release/history.ts";
import { endDeployment } from "../github-deployment.ts";
import { ended, updateRecord } from "../records.ts";
import type { PhaseOutcome, Session } from "../session.ts";
import { subjectRows, table } from "../summary.ts";
import { updateRollout } from "../weight.ts";
import { flipBack } from "./front.ts";
import { colouredRollout, mayServe, readLive, readPair } from "./pair.ts";
import { returnPins } from "./pins.ts";
import { coloursOf, refuse } from "./trial.ts";
import { isInstalled, isOurs, removeColour } from "./tried-release.ts";

/**
 * Ends a blue-green deploy: traffic back to the colour that served before, confirmed, then the one that was tried goes.
 * Doing it again changes nothing.
 */
export async function abortColour(session: Session): Promise<PhaseOutcome> {
  const state = await session.store.read();
  const rollout = colouredRollout(state);
  if (rollout === undefined) return removeIdle(session, state);
  const record = state.records.find(({ id }) => id === rollout.record);
  if (record?.status === "good")
    return refuse(
      `${rollout.candidateRelease} is proven and serves: phase finish ends this deploy, a rollback undoes it`,
    );
  const traffic = await trafficHome(session, rollout);
  if (traffic.kind === "refused") return refuse(traffic.sentence);
  await updateRollout(session, (now) => ({ ...now, phase: "aborting" }));
  await removeColour(session, rollout.candidateRelease);
  await returnPins(session);
  if (record?.status === "deploying") {
    const reason = "the blue-green deploy was aborted";
    const untouched = traffic.kind === "never moved" ? { untouched: true as const } : {};
    await updateRecord(session, record.id, ended({ status: "bad", reason, ...untouched }));
    await endDeployment(session, record.id, { state: "failure", description: reason });
  }
  await updateRollout(session, () => undefined);
  return removed(session, rollout.candidateRelease, {
    sentence: traffic.sentence,
    ...(record === undefined ? {} : { record: record.id }),
  });
}

type Home =
  | { readonly kind: "never moved" | "returned"; readonly sentence: string }
  | { readonly kind: "refused"; readonly sentence: string };

async function trafficHome(session: Session, rollout: RolloutState): Promise<Home> {
  const { tried, home } = coloursOf(session, rollout);
  const { candidateRelease: release, stableRelease: stable } = rollout;
  if (home === undefined || stable === undefined) return firstHome(rollout);
  if ((await readLive(session)) !== tried)
    return { kind: "never moved", sentence: `${stable} serves, and did all the time` };
  const history = await session.cluster.helm.history(stable, session.inputs.namespace);
  if (deployedRevision(history) === undefined)
    return {
      kind: "refused",
      sentence: `${release} serves and ${stable} is not there any more: a rollback brings an earlier version back`,
    };
  await updateRollout(session, (now) => ({ ...now, phase: "aborting" }));
  const { isConfirmed, sentence } = await flipBack(session, home);
  if (isConfirmed) return { kind: "returned", sentence };
  return { kind: "refused", sentence: `Traffic is not proven to be home, so ${release} stays: ${sentence}` };
}

/** The first version has no other side: what serves alone may not be taken away by an abort. */
function firstHome(rollout: RolloutState): Home {
  const { candidateRelease } = rollout;
  if (!mayServe(rollout))
    return { kind: "never moved", sentence: "Nothing served before, and nothing does now" };
  return {
    kind: "refused",
    sentence: `${candidateRelease} is the first version and serves: there is nothing to go back to (helm uninstall removes it)`,
  };
}

/** Without a rollout in flight there may be a colour that somebody kept to look at. */
async function removeIdle(session: Session, state: ReleaseState): Promise<PhaseOutcome> {
  const { idle, live } = await readPair(session, state);
  const isLeft =
    live !== undefined && isInstalled(idle.history) && (await isOurs(session, state, idle.release));
  if (isLeft) await removeColour(session, idle.release);
  return removed(session, idle.release, {
    sentence: live === undefined ? "Nothing serves yet" : `${live.release} serves`,
  });
}

function removed(
  session: Session,
  release: string,
  { sentence, record }: { readonly sentence: string; readonly record?: string },
): PhaseOutcome {
  return {
    verdict: pass,
    outputs: { "candidate-release": "", ...(record === undefined ? {} : { record }) },
    details: { removed: release, traffic: sentence, ...(record === undefined ? {} : { record }) },
    summary: table([
      ...subjectRows(session),
      ["traffic", sentence],
      ["removed", `\`${release}\`, its history is kept`],
    ]),
  };
}
