import type { DeployRecord } from "../../domain/record/record.ts";
import type { ReleaseState } from "../../domain/record/state.ts";
import { deployedRevision, type HelmRevision } from "../../domain/release/history.ts";
import { judgeBeforeWrite, type Ready } from "./before-write.ts";
import { deployColour } from "./blue-green/deploy.ts";
import { endBrokenPromotion } from "./broken-promotion.ts";
import { deployCandidate } from "./candidate.ts";
import { applyDefinitions, planDefinitions } from "./definitions.ts";
import { startDeployment } from "./github-deployment.ts";
import { judgeGuard, takeOver } from "./guard.ts";
import { openRecordOf } from "./open-record.ts";
import { observeCurrent } from "./records.ts";
import { setRecreate } from "./recreate.ts";
import { type PreparedChart, renderCandidate, renderStable, withChart } from "./render.ts";
import { type PhaseOutcome, refusedOutputs, type Session } from "./session.ts";
import { deployStable } from "./stable.ts";
import { judgeStrategy } from "./strategy-change.ts";
import { unchanged } from "./unchanged.ts";

/** Deploys by the strategy: the release itself, a candidate beside it at weight 0, or the idle colour of a pair. */
export async function deployPhase(session: Session): Promise<PhaseOutcome> {
  const state = await session.store.read();
  const strategy = await judgeStrategy(session, state);
  if (strategy.kind !== "pass") return { verdict: strategy, outputs: refusedOutputs };
  const isColoured = session.inputs.strategy === "blue-green";
  const outcome = await (isColoured ? deployColour(session) : deployRelease(session, state));
  const changed = String(outcome.outputs?.["failure-reason"] !== "refused");
  return { ...outcome, outputs: { changed, ...outcome.outputs } };
}

function deployRelease(session: Session, state: ReleaseState): Promise<PhaseOutcome> {
  return withChart(session, async (chart) => {
    const ready = await prepare(session, chart);
    const guard = await judgeGuard(session, state, ready.history);
    const definitions = await planDefinitions(session, chart, ready.stable);
    const verdict = guard.kind === "pass" ? await judgeBeforeWrite(session, ready, definitions) : guard;
    if (verdict.kind !== "pass") return { verdict, outputs: refusedOutputs };
    const { stable: rendered, history: before } = ready;
    const same = await unchanged(session, { state, chart, rendered, history: before, definitions });
    if (same !== undefined) return same;
    const wasLocked = await takeOver(session, state, ready.history);
    const left = wasLocked ? await historyOf(session) : ready.history;
    const history = await endBrokenPromotion(session, state.rollout, left);
    const unknown = await observeCurrent(session, state, { helmRelease: session.inputs.release, history });
    if (unknown !== undefined) session.context.runner.annotate({ level: "warning", message: unknown });
    await applyDefinitions(session, definitions);
    const record = await openRecordOf(session, chart, { rendered, history });
    await startDeployment(session, record);
    await setRecreate(session, state, rendered.objects);
    return apply(session, { ...ready, history }, record);
  });
}

function apply(session: Session, ready: Ready, record: DeployRecord): Promise<PhaseOutcome> {
  const { candidate } = ready;
  return candidate === undefined
    ? deployStable(session, ready, record)
    : deployCandidate(session, { ...ready, candidate }, record);
}

async function prepare(session: Session, chart: PreparedChart): Promise<Ready> {
  const { cluster, inputs } = session;
  const mayCompare = inputs.strategy === "canary" && inputs.phase === "deploy";
  // Nearly every deploy is an upgrade: rendering does not wait to be told.
  const [history, upgrade, candidate] = await Promise.all([
    historyOf(session),
    renderStable(cluster.helm, { inputs, chart, isUpgrade: true }),
    mayCompare ? renderCandidate(cluster.helm, { inputs, chart }) : undefined,
  ]);
  const stable =
    history.length > 0 ? upgrade : await renderStable(cluster.helm, { inputs, chart, isUpgrade: false });
  const isCanary = candidate !== undefined && deployedRevision(history) !== undefined;
  return { chart, stable, history, ...(isCanary ? { candidate } : {}) };
}

/** The stable release as it would be promoted. */
export function prepareStable(session: Session, chart: PreparedChart): Promise<Ready> {
  return prepare(session, chart);
}

function historyOf({ cluster, inputs }: Session): Promise<readonly HelmRevision[]> {
  return cluster.helm.history(inputs.release, inputs.namespace);
}
