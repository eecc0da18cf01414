import { OutsideError } from "../../core/errors.ts";
import { addRecord, changeRecord, type DeployRecord, type RecordChange } from "../../domain/record/record.ts";
import type { ReleaseState } from "../../domain/record/state.ts";
import { deployedRevision, type HelmRevision } from "../../domain/release/history.ts";
import { imagesOf, manifestObjects, manifestText, workloadObjects } from "../../domain/release/manifest.ts";
import { contentOf } from "../../domain/rollback/target.ts";
import { sha256Of } from "../../platform/chart.ts";
import { readRolloutView, watchedKinds } from "../../platform/rollout-watch.ts";
import { parseManifest } from "../../platform/yaml.ts";
import type { Session } from "./session.ts";

/** Changes one record in the cluster. */
export async function updateRecord(session: Session, id: string, change: RecordChange): Promise<void> {
  await session.store.update((state) => ({ ...state, records: changeRecord(state.records, id, change) }));
}

/** Closes a record with its end and the time of it. */
export function ended(change: RecordChange): RecordChange {
  return { ...change, finishedAt: new Date().toISOString() };
}

/** The Helm release that serves, with its history; a colour's where the release runs in colours. */
export interface Serving {
  readonly helmRelease: string;
  readonly history: readonly HelmRevision[];
}

/**
 * Makes sure that what serves now is known before anything changes. A release without a record of ours, or with one
 * whose run never judged it, becomes `observed` when all its pods are ready.
 */
export async function observeCurrent(
  session: Session,
  state: ReleaseState,
  serving: Serving,
): Promise<string | undefined> {
  const current = deployedRevision(serving.history);
  if (current === undefined) return undefined;
  const isMeant = meansRevision(session, serving, current);
  if (state.records.some((one) => isMeant(one) && (one.status === "good" || one.status === "observed")))
    return undefined;
  const record = await observedRecord(session, serving.helmRelease, current);
  if (typeof record === "string") return record;
  await session.store.update((before) => {
    const open = before.records.find((one) => one.status === "deploying" && isMeant(one));
    const records =
      open === undefined
        ? addRecord(before.records, record)
        : changeRecord(
            before.records,
            open.id,
            ended({ status: "observed", reason: "never judged by its own run" }),
          );
    return { ...before, records };
  });
  return undefined;
}

function meansRevision(
  { inputs }: Session,
  { helmRelease, history }: Serving,
  current: HelmRevision,
): (record: DeployRecord) => boolean {
  const numbers = [current.revision, contentOf(history, current)];
  return (one) =>
    one.revision !== undefined &&
    numbers.includes(one.revision) &&
    (one.helmRelease ?? inputs.release) === helmRelease;
}

async function observedRecord(
  session: Session,
  helmRelease: string,
  current: HelmRevision,
): Promise<DeployRecord | string> {
  const { inputs, cluster, context } = session;
  const { run } = context;
  const manifest = await cluster.helm.getManifest(helmRelease, inputs.namespace, current.revision);
  const objects = manifestObjects(await parseManifest(manifest));
  const wanted = workloadObjects(objects);
  const kinds = watchedKinds(wanted.map(({ kind }) => kind)).filter(
    (kind) => !/^(events|pods|jobs)/.test(kind),
  );
  const view = await readRolloutView(cluster.kubectl, inputs.namespace, kinds);
  const late = wanted.find(({ kind, name }) => {
    const live = view.workloads.find((one) => one.kind === kind && one.name === name);
    return live === undefined || !(live.ready >= live.wanted && live.updated >= live.wanted);
  });
  if (late !== undefined)
    return `Revision ${current.revision} of ${helmRelease} is not recorded: ${late.kind} ${late.name} is not ready, so it is no way back`;
  const images = imagesOf(objects);
  const now = new Date().toISOString();
  return {
    id: `${now.slice(0, 19).replace(/[-:]/g, "")}Z-observed-${helmRelease === inputs.release ? "" : `${helmRelease}-`}${current.revision}`,
    release: inputs.release,
    namespace: inputs.namespace,
    environment: inputs.environment,
    strategy: "observed",
    digest: images.map((image) => /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1]).find(Boolean) ?? "",
    images,
    ...(helmRelease === inputs.release ? {} : { helmRelease }),
    revision: current.revision,
    chart: current.chart,
    manifestDigest: sha256Of(manifestText(objects)),
    valuesDigest: "",
    status: "observed",
    verdicts: [],
    commit: "",
    actor: run.actor,
    run: { repository: run.repository, id: run.runId, attempt: run.attempt, job: run.job, url: run.url },
    startedAt: now,
    finishedAt: now,
    reason: "found in the cluster with all pods ready",
  };
}

/** The record of this digest that waits for its end; a sentence when there is none. */
export function openRecordIn(state: ReleaseState, digest: string): DeployRecord {
  const found = state.records.find((one) => one.status === "deploying" && one.digest === digest);
  if (found !== undefined) return found;
  throw new OutsideError(`No deploy of ${digest} is under way: there is no open record of it`);
}
