import { combine, fail, pass } from "../../core/verdict.ts";
import { type DeployPlan, planSchema } from "../../domain/plan/plan.ts";
import { type Prediction, predictRollback, predictRollout } from "../../domain/plan/prediction.ts";
import { candidateConflicts } from "../../domain/release/candidate-conflicts.ts";
import { diffText } from "../../domain/release/diff-text.ts";
import { deployedRevision, type HelmRevision, lastRevision } from "../../domain/release/history.ts";
import { immutableChanges, notRolledBack } from "../../domain/release/immutable.ts";
import { writePlanFile } from "../../platform/plan-file.ts";
import { changesOf, currentObjects } from "./current.ts";
import { judgeGuard } from "./guard.ts";
import { type PreparedChart, type Rendered, renderCandidate, renderStable, withChart } from "./render.ts";
import { digestOf, type PhaseOutcome, type Preparation, type Session } from "./session.ts";
import { planSummary, predictionText } from "./summary.ts";

/** Says what a deploy would change, how long it and its undoing would take, and what it may not do. Changes nothing. */
export function planPhase(session: Session): Promise<PhaseOutcome> {
  return withChart(session, (chart) => planWith(session, chart));
}

async function planWith(session: Session, chart: PreparedChart): Promise<PhaseOutcome> {
  const { cluster, inputs } = session;
  const [history, state] = await Promise.all([
    cluster.helm.history(inputs.release, inputs.namespace),
    session.store.read(),
  ]);
  const current = deployedRevision(history);
  const isCanary = inputs.strategy === "canary" && current !== undefined;
  const [stable, before, candidate, guard] = await Promise.all([
    renderStable(cluster.helm, { inputs, chart, isUpgrade: history.length > 0 }),
    currentObjects(session, history),
    isCanary ? renderCandidate(cluster.helm, { inputs, chart }) : undefined,
    judgeGuard(session, state, history),
  ]);
  const changes = changesOf(before, stable);
  const rollout = predictRollout(state.records, stable.objects);
  const way = { strategy: isCanary ? "canary" : "rolling", isFirst: current === undefined } as const;
  const rollback = predictRollback(rollout, way);
  const frozen = immutableChanges(before, stable.objects);
  const conflicts = candidate === undefined ? [] : candidateConflicts(stable.objects, candidate.objects);
  const plan = planOf(session, chart, {
    stable,
    candidate,
    history,
    changed: changes.length > 0,
    rollout,
    rollback,
  });
  const diff = diffText(changes);
  const written = await write(session, plan, diff);
  const summary = planSummary(session, {
    version: inputs.version,
    rows: rowsOf({ history, candidate, rollout, rollback }),
    diff,
    warnings: warningsOf(session, { stable, current, rollback }),
    notRolledBack: notRolledBack(stable.objects),
  });
  return {
    verdict: combine([pass, guard, ...frozen.map((one) => fail(one)), ...conflicts.map((one) => fail(one))]),
    outputs: {
      ...written,
      changed: String(plan.changed),
      "predicted-rollback-seconds": String(rollback.seconds),
      "candidate-release": candidate?.release ?? "",
      ...(current === undefined ? {} : { revision: String(current.revision) }),
    },
    details: { plan: { ...plan }, rollout: { ...rollout }, rollback: { ...rollback } },
    summary,
  };
}

interface Planned {
  readonly stable: Rendered;
  readonly candidate: Rendered | undefined;
  readonly history: readonly HelmRevision[];
  readonly changed: boolean;
  readonly rollout: Prediction;
  readonly rollback: Prediction;
}

function planOf(preparation: Preparation, chart: PreparedChart, planned: Planned): DeployPlan {
  const { stable, candidate } = planned;
  return {
    ...basics(preparation, chart),
    images: stable.images,
    rendered: {
      baseRevision: lastRevision(planned.history)?.revision ?? 0,
      manifestDigest: stable.digest,
      ...(candidate === undefined ? {} : { candidateManifestDigest: candidate.digest }),
    },
    changed: planned.changed,
    predictedRolloutSeconds: planned.rollout.seconds,
    predictedRollbackSeconds: planned.rollback.seconds,
  };
}

function basics({ inputs, context }: Preparation, chart: PreparedChart) {
  return {
    schema: planSchema,
    release: inputs.release,
    namespace: inputs.namespace,
    environment: inputs.environment,
    strategy: inputs.strategy,
    version: inputs.version,
    digest: digestOf(inputs),
    chart: chart.title,
    valuesDigest: chart.stable.digest,
    run: { repository: context.run.repository, id: context.run.runId, attempt: context.run.attempt },
    createdAt: new Date().toISOString(),
  } as const;
}

async function write({ context }: Preparation, plan: DeployPlan, diff: string) {
  const env = context.runner.env;
  return {
    plan: await writePlanFile(env, "plan.json", `${JSON.stringify(plan, null, 2)}\n`),
    diff: await writePlanFile(env, "plan.diff", diff),
  };
}

interface Shown extends Pick<Planned, "history" | "candidate" | "rollout" | "rollback"> {}

function rowsOf({ history, candidate, rollout, rollback }: Shown) {
  const current = deployedRevision(history);
  const now = current === undefined ? "no release yet" : `revision ${current.revision}, ${current.chart}`;
  return [
    ["serves now", now],
    ["candidate", candidate === undefined ? "" : `\`${candidate.release}\`, at weight 0 first`],
    ["rollout is expected to take", predictionText(rollout)],
    ["a rollback would take", predictionText(rollback)],
  ] as const;
}

const slowRollbackSeconds = 300;

interface Warned {
  readonly stable: Rendered;
  readonly current: HelmRevision | undefined;
  readonly rollback: Prediction;
}

function warningsOf({ inputs }: Session, { stable, current, rollback }: Warned): readonly string[] {
  const loose = stable.images.filter((image) => !image.includes("@sha256:"));
  return [
    ...(current === undefined
      ? ["This is the first deploy of this release: there is no version to return to."]
      : []),
    ...(inputs.strategy === "canary" && current === undefined
      ? ["There is no stable version to compare with, so the canary is left out."]
      : []),
    ...(rollback.seconds > slowRollbackSeconds
      ? [`A rollback is expected to take ${rollback.seconds} s, more than ${slowRollbackSeconds} s.`]
      : []),
    ...loose.map(
      (image) => `Image \`${image}\` is not named by digest: what runs may differ from what was seen.`,
    ),
  ];
}

/** The plan where no identity may read the cluster: image, values and gates are fixed, what changes is not known. */
export function planWithoutCluster(preparation: Preparation): Promise<PhaseOutcome> {
  return withChart(preparation, async (chart) => {
    const { inputs } = preparation;
    const images = inputs.images.map(({ digest }) => digest);
    const plan: DeployPlan = { ...basics(preparation, chart), images, changed: true };
    const unread =
      "not read: plan-environment is empty, so no identity may read the cluster before the approval";
    const written = await write(preparation, plan, `${unread}\n`);
    return {
      verdict: pass,
      outputs: { ...written, changed: "true", "candidate-release": "" },
      details: { plan: { ...plan } },
      summary: planSummary(preparation, {
        version: inputs.version,
        rows: [["serves now", unread]],
        diff: unread,
        warnings: ["What changes, and how long a rollback would take, could not be read."],
        notRolledBack: [],
      }),
    };
  });
}
