import { addRecord, type DeployRecord, lastGood } from "../../domain/record/record.ts";
import type { ReleaseState } from "../../domain/record/state.ts";
import { deployedRevision, type HelmRevision } from "../../domain/release/history.ts";
import { openRecordIn } from "./records.ts";
import type { PreparedChart, Rendered } from "./render.ts";
import { digestOf, type Session } from "./session.ts";

interface Opening {
  /** What is about to serve, or to be tried. */
  readonly rendered: Rendered;
  readonly history: readonly HelmRevision[];
}

/** Opens the record of this attempt, before anything changes. A repeated step of the same attempt keeps its record. */
export async function openRecordOf(
  session: Session,
  chart: PreparedChart,
  opening: Opening,
): Promise<DeployRecord> {
  const { runId, attempt } = session.context.run;
  const digest = digestOf(session.inputs);
  const isOurs = (one: DeployRecord) =>
    one.status === "deploying" &&
    one.digest === digest &&
    one.run.id === runId &&
    one.run.attempt === attempt;
  const state = await session.store.update((before) => {
    const open = before.records.find(isOurs);
    const fresh = recordOf(session, chart, { ...opening, before });
    // What the attempt has learned already, as its GitHub Deployment, stays.
    const record = open === undefined ? fresh : { ...fresh, ...learned(open), id: open.id };
    return { ...before, records: addRecord(before.records, record) };
  });
  return openRecordIn(state, digest);
}

function learned({ deploymentId, startedAt, steps }: DeployRecord) {
  return {
    startedAt,
    ...(deploymentId === undefined ? {} : { deploymentId }),
    ...(steps === undefined ? {} : { steps }),
  };
}

function recordOf(
  session: Session,
  chart: PreparedChart,
  { rendered, history, before }: Opening & { readonly before: ReleaseState },
): DeployRecord {
  const { inputs, context, approver, gates } = session;
  const { run } = context;
  const digest = digestOf(inputs);
  const startedAt = new Date().toISOString();
  const { release, namespace, environment, strategy, version } = inputs;
  return {
    id: `${startedAt.slice(0, 19).replace(/[-:]/g, "")}Z-${digest.slice(7, 15)}`,
    ...{ release, namespace, environment, strategy, digest, version },
    images: rendered.images,
    ...(rendered.release === release ? {} : { helmRelease: rendered.release }),
    chart: chart.title,
    ...(chart.digest === undefined ? {} : { chartDigest: chart.digest }),
    manifestDigest: rendered.digest,
    valuesDigest: rendered.values.digest,
    ...comesAfter(before, history),
    ...(inputs.rolloutRules.schemaLevel === undefined
      ? {}
      : { schemaLevel: inputs.rolloutRules.schemaLevel }),
    status: "deploying",
    verdicts: gates,
    commit: run.commit,
    actor: run.actor,
    ...(approver === undefined ? {} : { approver }),
    run: { repository: run.repository, id: run.runId, attempt: run.attempt, job: run.job, url: run.url },
    startedAt,
    reason: "",
  };
}

function comesAfter({ records }: ReleaseState, history: readonly HelmRevision[]) {
  const revision = deployedRevision(history)?.revision;
  const served = lastGood(records, ["good", "observed"]);
  // The range of commits that an attempt brings begins where the last proven one ended.
  const commit = lastGood(records)?.commit;
  return {
    ...(revision === undefined ? {} : { previousRevision: revision }),
    ...(served === undefined ? {} : { previousRecord: served.id }),
    ...(commit === undefined || commit === "" ? {} : { previousCommit: commit }),
  };
}
