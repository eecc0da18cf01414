import { combine, fail, pass, reasonsOf, type Verdict } from "../../core/verdict.ts";
import { judgePlan } from "../../domain/plan/plan.ts";
import type { DeployRecord } from "../../domain/record/record.ts";
import { candidateConflicts } from "../../domain/release/candidate-conflicts.ts";
import { deployedRevision, type HelmRevision, lastRevision } from "../../domain/release/history.ts";
import { namespaceExists } from "../../platform/kubectl.ts";
import { readPlanFile } from "../../platform/plan-file.ts";
import { deployCandidate } from "./candidate.ts";
import { dryRun } from "./dry-run.ts";
import { startDeployment } from "./github-deployment.ts";
import { judgeGuard, takeOver } from "./guard.ts";
import { openRecordOf } from "./open-record.ts";
import { observeCurrent } from "./records.ts";
import { type PreparedChart, type Rendered, renderCandidate, renderStable, withChart } from "./render.ts";
import { digestOf, type PhaseOutcome, refusedOutputs, type Session } from "./session.ts";
import { deployStable } from "./stable.ts";

/** What is about to be applied, and what it starts from. */
export interface Ready {
  readonly chart: PreparedChart;
  readonly stable: Rendered;
  /** Present when a canary has something to be compared with. */
  readonly candidate?: Rendered;
  readonly history: readonly HelmRevision[];
}

/** Deploys the stable release, or the candidate beside it at weight 0. */
export function deployPhase(session: Session): Promise<PhaseOutcome> {
  return withChart(session, async (chart) => {
    const [ready, state] = await Promise.all([prepare(session, chart), session.store.read()]);
    const guard = await judgeGuard(session, state, ready.history);
    const verdict = guard.kind === "pass" ? await judgeBeforeWrite(session, ready) : guard;
    if (verdict.kind !== "pass") return { verdict, outputs: refusedOutputs };
    const wasLocked = await takeOver(session, state, ready.history);
    const history = wasLocked ? await historyOf(session) : ready.history;
    const unknown = await observeCurrent(session, state, { helmRelease: session.inputs.release, history });
    if (unknown !== undefined) session.context.runner.annotate({ level: "warning", message: unknown });
    const record = await openRecordOf(session, chart, { rendered: ready.stable, history });
    await startDeployment(session, record);
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

/** Whether what is about to be applied is what was reviewed, and the cluster would take all of it. Writes nothing. */
export async function judgeBeforeWrite(session: Session, ready: Ready): Promise<Verdict> {
  const planned = await judgeAgainstPlan(session, ready);
  if (planned.kind !== "pass") return planned;
  const conflicts =
    ready.candidate === undefined ? [] : candidateConflicts(ready.stable.objects, ready.candidate.objects);
  if (conflicts.length > 0) return combine(conflicts.map((one) => fail(one)));
  // Helm would make the namespace with the first object, so there is nothing yet to ask.
  const { createNamespace, namespace } = session.inputs;
  if (createNamespace && !(await namespaceExists(session.cluster.kubectl, namespace))) return pass;
  const releases = [ready.stable, ...(ready.candidate === undefined ? [] : [ready.candidate])];
  return combine(await Promise.all(releases.map((one) => dryRun(session, one))));
}

async function judgeAgainstPlan(
  session: Session,
  { chart, stable, candidate, history }: Ready,
): Promise<Verdict> {
  const { inputs } = session;
  if (inputs.plan === undefined) return pass;
  const verdict = judgePlan(await readPlanFile(inputs.plan), {
    release: inputs.release,
    namespace: inputs.namespace,
    environment: inputs.environment,
    strategy: inputs.strategy,
    digest: digestOf(inputs),
    valuesDigest: chart.stable.digest,
    baseRevision: lastRevision(history)?.revision ?? 0,
    manifestDigest: stable.digest,
    ...(candidate === undefined ? {} : { candidateManifestDigest: candidate.digest }),
  });
  for (const reason of reasonsOf(verdict)) session.context.runner.info(reason);
  return verdict;
}
