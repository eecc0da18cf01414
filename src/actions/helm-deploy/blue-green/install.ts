import { spendMs } from "../../../core/budget.ts";
import { pass } from "../../../core/verdict.ts";
import { reserveMs } from "../../../domain/capacity/reserve.ts";
import type { DeployRecord } from "../../../domain/record/record.ts";
import { type RolloutState, withRollout } from "../../../domain/record/state.ts";
import { weightFor } from "../../../domain/release/colours.ts";
import { deployedRevision } from "../../../domain/release/history.ts";
import { ensureFront } from "../../../platform/front-service.ts";
import { updateRecord } from "../records.ts";
import type { Rendered } from "../render.ts";
import { rollOut } from "../rollout.ts";
import { digestOf, type PhaseOutcome, type Session } from "../session.ts";
import { subjectRows, table } from "../summary.ts";
import { updateRollout } from "../weight.ts";
import { reachLiveCount } from "./counts.ts";
import { installedObjects } from "./follow.ts";
import { switchTo } from "./front.ts";
import { diagnoseColour, endColour, invalid } from "./gone-wrong.ts";
import { type ColourSide, frontOf, type Pair } from "./pair.ts";
import { pinColours, returnPins } from "./pins.ts";
import { removeColour } from "./tried-release.ts";

export interface Installation {
  readonly chart: string;
  readonly pair: Pair;
  readonly tried: Rendered;
  readonly record: DeployRecord;
}

// Longer than GitHub lets a job run: after it, nobody can be at work on the rollout.
const expiresAfterMs = 6 * 3_600_000;

/** Puts the version under the idle colour and waits until it could carry production's traffic. */
export async function installColour(session: Session, install: Installation): Promise<PhaseOutcome> {
  const { pair, tried, record, chart } = install;
  await returnPins(session);
  await session.store.update((state) => withRollout(state, rolloutOf(session, install)));
  // What an aborted run left under this name is not what is tried now.
  await removeColour(session, tried.release);
  const outcome = await rollOut(session, {
    rendered: tried,
    chart,
    record: record.id,
    timeoutMs: spendMs(session.budget, reserveMs({ totalMs: session.budget.totalMs })),
    createNamespace: session.inputs.createNamespace,
  });
  if (outcome.kind === "failed")
    return endColour(session, {
      record,
      release: tried.release,
      sentence: invalid(tried.release, outcome.sentence),
      reason: outcome.reason === "cancelled" ? "cancelled" : "validation",
      cause: outcome.reason,
      diagnosis: outcome.diagnosis,
      untouched: true,
    });
  const { revision } = outcome;
  await updateRecord(session, record.id, { revision, rolloutSeconds: Math.round(outcome.seconds * 10) / 10 });
  const failed = await bringUp(session, install);
  if (failed !== undefined) return failed;
  const installed = { ...install, revision, seconds: outcome.seconds };
  return pair.live === undefined ? serveFirst(session, installed) : standBy(session, installed, pair.live);
}

/** The outcome where the colour does not reach the count that serves; undefined where it does. */
async function bringUp(
  session: Session,
  { pair, tried, record }: Installation,
): Promise<PhaseOutcome | undefined> {
  const serving = await servingColour(session, pair.live);
  await pinColours(session, tried);
  const reached = await reachLiveCount(session, { tried, serving });
  if (reached.kind === "reached") return undefined;
  const { view, signal, sentence } = reached;
  return endColour(session, {
    record,
    release: tried.release,
    sentence: invalid(tried.release, sentence),
    reason: "validation",
    cause: signal?.reason ?? "timeout",
    diagnosis: await diagnoseColour(session, {
      colour: tried,
      sentence,
      view,
      ...(signal === undefined ? {} : { signal }),
    }),
    untouched: true,
  });
}

function servingColour(session: Session, live: ColourSide | undefined) {
  if (live === undefined || deployedRevision(live.history) === undefined) return Promise.resolve(undefined);
  return installedObjects(session, live.release);
}

interface Installed extends Installation {
  readonly revision: number;
  readonly seconds: number;
}

async function standBy(
  session: Session,
  { tried, record, revision, seconds }: Installed,
  live: ColourSide,
): Promise<PhaseOutcome> {
  await updateRollout(session, (rollout) => ({ ...rollout, phase: "candidate" }));
  const serves = deployedRevision(live.history)?.revision;
  return {
    verdict: pass,
    outputs: {
      record: record.id,
      ...(serves === undefined ? {} : { revision: String(serves), "previous-revision": String(serves) }),
      "candidate-release": tried.release,
    },
    details: {
      record: record.id,
      candidateRelease: tried.release,
      candidateRevision: revision,
      serves: live.release,
      rolloutSeconds: seconds,
    },
    summary: table([
      ...subjectRows(session),
      ["serves", `\`${live.release}\`, not touched`],
      [
        "beside it",
        `\`${tried.release}\` revision ${revision}, ready after ${seconds.toFixed(1)} s, no traffic`,
      ],
    ]),
  };
}

/** The first version has nobody to take over from: it serves as soon as it is ready. */
async function serveFirst(session: Session, installed: Installed): Promise<PhaseOutcome> {
  const { pair, tried, record, revision, seconds } = installed;
  const { traffic } = frontOf(session);
  const { inputs, cluster, context } = session;
  const arm = weightFor(pair.idle.colour) === 0 ? "stable" : "candidate";
  await updateRollout(session, (rollout) => ({ ...rollout, phase: "promoting" }));
  const front = await ensureFront(cluster.kubectl, traffic, inputs.namespace, arm);
  const switched = await switchTo(session, pair.idle.colour);
  const switchedAt = new Date(session.clock.now()).toISOString();
  await updateRollout(session, (rollout) => ({ ...rollout, phase: "verifying", weight: 100, switchedAt }));
  if (!switched.isConfirmed) context.runner.annotate({ level: "warning", message: switched.sentence });
  const note = "first deploy: nothing to compare";
  context.runner.info(note);
  const made =
    front === "created" ? `${traffic.route.kind} ${traffic.route.name} was made` : switched.sentence;
  return {
    verdict: pass,
    outputs: { record: record.id, revision: String(revision), "candidate-release": "" },
    details: { record: record.id, revision, serves: tried.release, rolloutSeconds: seconds, note },
    summary: table([
      ...subjectRows(session),
      ["serves", `\`${tried.release}\` revision ${revision}, ready after ${seconds.toFixed(1)} s`],
      ["front", made],
      ["note", note],
    ]),
  };
}

function rolloutOf({ inputs, context }: Session, { pair, tried, record }: Installation): RolloutState {
  const { repository, runId, attempt, job } = context.run;
  return {
    strategy: "blue-green",
    phase: "deploying",
    weight: 0,
    candidateRelease: tried.release,
    ...(pair.live === undefined ? {} : { stableRelease: pair.live.release }),
    digest: digestOf(inputs),
    record: record.id,
    run: { repository, id: runId, attempt, job },
    expiresAt: new Date(Date.now() + expiresAfterMs).toISOString(),
    traffic: inputs.trafficText,
  };
}
