import { at, type Json, parseJson, textAt } from "../../core/json.ts";
import type { ReleaseState } from "../../domain/record/state.ts";
import { labelOf, type ManifestObject, workloadObjects } from "../../domain/release/manifest.ts";
import type { Session } from "./session.ts";

/** What the strategy of a Deployment was before we made it recreate its pods. */
const strategyBefore = "sluice/strategy-before";

const resource = "deployments.apps";

/**
 * Makes the Deployments of a release replace all pods at once, or takes that back for another strategy. It is done on
 * the live objects before Helm: a `rollingUpdate` block that the cluster has filled in forbids Recreate until it is
 * nulled, and Helm 4 cannot null what it does not own. A Deployment that is not there yet has nothing to recreate.
 */
export async function setRecreate(
  session: Session,
  state: ReleaseState,
  objects: readonly ManifestObject[],
): Promise<void> {
  const isWanted = session.inputs.strategy === "recreate";
  if (!isWanted && !state.records.some(({ strategy }) => strategy === "recreate")) return;
  for (const one of workloadObjects(objects).filter(({ kind }) => kind === "Deployment")) {
    await (isWanted ? startRecreate(session, one) : endRecreate(session, one));
  }
}

async function startRecreate(session: Session, object: ManifestObject): Promise<void> {
  const live = await liveOf(session, object);
  const strategy = at(live, "spec", "strategy");
  if (live === undefined || textAt(strategy, "type") === "Recreate") return;
  session.context.runner.info(`${labelOf(object)}: all old pods go before the first new one comes`);
  await patch(session, object, {
    metadata: { annotations: { [strategyBefore]: JSON.stringify(strategy ?? {}) } },
    spec: { strategy: { type: "Recreate", rollingUpdate: null } },
  });
}

async function endRecreate(session: Session, object: ManifestObject): Promise<void> {
  const live = await liveOf(session, object);
  const before = textAt(live, "metadata", "annotations", strategyBefore);
  if (before === undefined) return;
  const own = at(object.body, "spec", "strategy");
  const strategy = (own ?? parseJson(before)) as Json | undefined;
  const isRecreating = textAt(own, "type") === "Recreate";
  await patch(session, object, {
    metadata: { annotations: { [strategyBefore]: null } },
    ...(isRecreating || strategy === undefined ? {} : { spec: { strategy } }),
  });
}

function liveOf({ cluster, inputs }: Session, { name, namespace }: ManifestObject): Promise<unknown> {
  return cluster.kubectl.get(resource, name, namespace || inputs.namespace);
}

async function patch(
  { cluster, inputs }: Session,
  { name, namespace }: ManifestObject,
  change: Json,
): Promise<void> {
  await cluster.kubectl.patch(resource, name, namespace || inputs.namespace, {
    type: "merge",
    patch: change,
  });
}
