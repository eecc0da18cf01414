import { pass } from "../../core/verdict.ts";
import type { DeployRecord } from "../../domain/record/record.ts";
import type { ReleaseState } from "../../domain/record/state.ts";
import { deployedRevision, type HelmRevision, lastRevision } from "../../domain/release/history.ts";
import { workloadObjects } from "../../domain/release/manifest.ts";
import { readRolloutView, watchedKinds } from "../../platform/rollout-watch.ts";
import { seeChanges } from "./changes.ts";
import type { DefinitionPlan } from "./definitions.ts";
import { withLiveCounts } from "./live-counts.ts";
import type { PreparedChart, Rendered } from "./render.ts";
import { digestOf, type PhaseOutcome, type Session } from "./session.ts";
import { subjectRows, table } from "./summary.ts";

export interface Standing {
  readonly state: ReleaseState;
  readonly chart: PreparedChart;
  /** The manifest under the name of the release that serves. */
  readonly rendered: Rendered;
  /** Of the release that serves. */
  readonly history: readonly HelmRevision[];
  readonly definitions: DefinitionPlan;
}

/**
 * The outcome of a deploy that would change nothing: chart, values and manifest are those of the record that serves,
 * nothing has drifted, and every pod is ready. Helm would add an empty revision. Undefined where there is work to do.
 */
export async function unchanged(session: Session, standing: Standing): Promise<PhaseOutcome | undefined> {
  const { chart, history, definitions } = standing;
  const serving = deployedRevision(history);
  const isLast = serving !== undefined && lastRevision(history)?.revision === serving.revision;
  if (session.inputs.rolloutRules.force || !isLast || definitions.changes.length > 0) return undefined;
  const record = recordOf(session, standing, serving.revision);
  if (record === undefined) return undefined;
  // Counts that autoscalers own are applied as they are, so they are no change.
  const { rendered } = await withLiveCounts(
    session,
    { chart, rendered: standing.rendered },
    async (plan) => plan,
  );
  if (record.manifestDigest !== rendered.digest) return undefined;
  const last = rendered.objects;
  const [{ changes, refused }, isReady] = await Promise.all([
    seeChanges(session, { last, next: rendered }),
    allReady(session, rendered),
  ]);
  if (changes.length > 0 || refused.length > 0 || !isReady) return undefined;
  session.context.runner.info(`Nothing would change: revision ${serving.revision} serves this already`);
  return {
    verdict: pass,
    outputs: {
      changed: "false",
      record: record.id,
      revision: String(serving.revision),
      "previous-revision": String(serving.revision),
      "candidate-release": "",
    },
    details: { record: record.id, revision: serving.revision, changed: false },
    summary: table([
      ...subjectRows(session),
      ["revision", `${serving.revision}: it is this already, so nothing was deployed`],
    ]),
  };
}

/** The record of what serves, where it is about the same chart, values and image. */
function recordOf(
  { inputs, context }: Session,
  { state, chart, rendered }: Standing,
  revision: number,
): DeployRecord | undefined {
  const { rollout } = state;
  // After our own promotion the version serves, and what is left is for the steps after.
  const isPromoted = rollout?.phase === "verifying" && rollout.run.id === context.run.runId;
  if (rollout !== undefined && !isPromoted) return undefined;
  const record = state.records.find(
    (one) => one.revision === revision && (one.helmRelease ?? one.release) === rendered.release,
  );
  const isProven = record?.status === "good" || record?.status === "observed";
  // An attempt whose run has ended waits for the smoke test, which this run will bring.
  const isOpen = record?.status === "deploying";
  const isSame =
    record?.digest === digestOf(inputs) &&
    record.chart === chart.title &&
    record.chartDigest === chart.digest &&
    record.valuesDigest === rendered.values.digest;
  return isSame && (isProven || isOpen) ? record : undefined;
}

async function allReady({ cluster, inputs }: Session, rendered: Rendered): Promise<boolean> {
  const wanted = workloadObjects(rendered.objects);
  const kinds = watchedKinds(wanted.map(({ kind }) => kind)).filter(
    (kind) => !/^(events|pods|jobs)/.test(kind),
  );
  const { workloads } = await readRolloutView(cluster.kubectl, inputs.namespace, kinds);
  return wanted.every(({ kind, name }) => {
    const live = workloads.find((one) => one.kind === kind && one.name === name);
    return live !== undefined && live.ready >= live.wanted && live.updated >= live.wanted;
  });
}
