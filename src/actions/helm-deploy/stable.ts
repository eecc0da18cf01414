import { fail, pass, reasonsOf } from "../../core/verdict.ts";
import type { DeployRecord } from "../../domain/record/record.ts";
import { deployedRevision, type HelmRevision } from "../../domain/release/history.ts";
import { keepReplicas } from "../../platform/replicas.ts";
import { warnOfRoom } from "./capacity-warnings.ts";
import { endDeployment } from "./github-deployment.ts";
import { holdCounts, withLiveCounts } from "./live-counts.ts";
import { ended, updateRecord } from "./records.ts";
import type { PreparedChart, Rendered } from "./render.ts";
import { type RolloutFailure, type RolloutOutcome, rollOut } from "./rollout.ts";
import type { PhaseOutcome, Session } from "./session.ts";
import { returnSecondsOf, rolloutMs } from "./step-budget.ts";
import { failureSummary, subjectRows, table } from "./summary.ts";
import { returnToLastGood } from "./way-back.ts";

interface StableDeploy {
  readonly chart: PreparedChart;
  readonly stable: Rendered;
  readonly history: readonly HelmRevision[];
}

/** Upgrades or installs the release that serves. */
export async function deployStable(
  session: Session,
  deploy: StableDeploy,
  record: DeployRecord,
): Promise<PhaseOutcome> {
  const outcome = await rollOutStable(session, deploy, record);
  if (outcome.kind === "failed") return failStable(session, { outcome, record, history: deploy.history });
  const isFirst = session.inputs.strategy === "canary";
  const note = isFirst ? "first deploy: nothing to compare" : undefined;
  if (note !== undefined) session.context.runner.info(note);
  return {
    verdict: pass,
    outputs: {
      ...outputsOf(deploy.history, record),
      revision: String(outcome.revision),
      "candidate-release": "",
    },
    details: {
      record: record.id,
      revision: outcome.revision,
      rolloutSeconds: outcome.seconds,
      ...(note === undefined ? {} : { note }),
    },
    summary: table([
      ...subjectRows(session),
      ["revision", String(outcome.revision)],
      ["rolled out in", `${outcome.seconds.toFixed(1)} s`],
      ["note", note],
    ]),
  };
}

/** Rolls the stable release out, with counts that autoscalers own kept as they are, and writes the revision down. */
export async function rollOutStable(
  session: Session,
  deploy: StableDeploy,
  record: DeployRecord,
): Promise<RolloutOutcome> {
  let outcome = await upgradeKeepingCounts(session, deploy, record);
  if (outcome.kind === "failed" && countConflict.test(outcome.sentence)) {
    session.context.runner.info(
      "An autoscaler moved while Helm was about to write: once more, with its new count",
    );
    outcome = await upgradeKeepingCounts(session, deploy, record);
  }
  if (outcome.kind === "ready") {
    const { revision, seconds } = outcome;
    await updateRecord(session, record.id, { revision, rolloutSeconds: Math.round(seconds * 10) / 10 });
  }
  return outcome;
}

const countConflict = /subresource "scale".*\.spec\.replicas/;

async function upgradeKeepingCounts(
  session: Session,
  { chart, stable, history }: StableDeploy,
  record: DeployRecord,
): Promise<RolloutOutcome> {
  const { inputs, cluster, context } = session;
  const state = session.store.read();
  return withLiveCounts(session, { chart, rendered: stable }, async (plan) => {
    for (const sentence of plan.sentences) context.runner.info(sentence);
    await warnOfRoom(session, { objects: plan.rendered.objects });
    const { records } = await state;
    const { rendered } = plan;
    if (rendered.digest !== stable.digest)
      await updateRecord(session, record.id, { manifestDigest: rendered.digest });
    await holdCounts(session, plan);
    return keepReplicas(cluster.kubectl, inputs.namespace, {
      counts: plan.kept,
      say: (line) => context.runner.info(line),
      body: () =>
        rollOut(session, {
          rendered,
          chart: chart.chart,
          record: record.id,
          timeoutMs: rolloutMs(session, returnSecondsOf(session, { history, records, rendered })),
          createNamespace: inputs.createNamespace,
        }),
    });
  });
}

interface Failed {
  readonly outcome: RolloutFailure;
  readonly record: DeployRecord;
  readonly history: readonly HelmRevision[];
}

async function failStable(session: Session, { outcome, record, history }: Failed): Promise<PhaseOutcome> {
  const next = nextOf(session, { outcome, record, history });
  await updateRecord(
    session,
    record.id,
    ended({
      status: "bad",
      reason: outcome.sentence,
      ...(next === "others" && !outcome.isUntouched ? { cutShort: true } : {}),
      ...(outcome.revision === undefined ? {} : { revision: outcome.revision }),
      ...(outcome.isUntouched ? { untouched: true } : {}),
    }),
  );
  const after =
    next === "return"
      ? await returnToLastGood(session, record.id, outcome)
      : { sentence: whyStays[next], verdict: pass };
  await endDeployment(session, record.id, { state: "failure", description: outcome.sentence });
  return {
    verdict: fail(outcome.sentence, ...reasonsOf(after.verdict)),
    outputs: {
      ...outputsOf(history, record),
      ...(outcome.revision === undefined ? {} : { revision: String(outcome.revision) }),
      "failure-reason": outcome.reason,
      "candidate-release": "",
    },
    details: {
      record: record.id,
      failureReason: outcome.reason,
      afterwards: after.sentence,
      ...outcome.diagnosis.details,
    },
    summary: failureSummary(session, outcome, after.sentence),
  };
}

const whyStays = {
  first: "It was the first install: what is there is left to be looked at, marked failed",
  keep: "Nothing is rolled back here: on-failure is keep",
  others: "Cancelled: the rollback is left to the steps after, or to mode recover",
} as const;

/** What becomes of a release whose rollout has failed. A cancelled step has no time for a rollback. */
function nextOf({ inputs }: Session, { outcome, history }: Failed): "return" | keyof typeof whyStays {
  if (deployedRevision(history) === undefined) return "first";
  if (inputs.onFailure === "keep") return "keep";
  return outcome.reason === "cancelled" ? "others" : "return";
}

function outputsOf(history: readonly HelmRevision[], record: DeployRecord): Readonly<Record<string, string>> {
  const previous = deployedRevision(history)?.revision;
  return { record: record.id, ...(previous === undefined ? {} : { "previous-revision": String(previous) }) };
}
