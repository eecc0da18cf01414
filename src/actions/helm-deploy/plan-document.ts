import { type DeployPlan, planSchema } from "../../domain/plan/plan.ts";
import type { Prediction } from "../../domain/plan/prediction.ts";
import { objectDigests } from "../../platform/chart.ts";
import { writePlanFile } from "../../platform/plan-file.ts";
import { baseRevisionOf, type PlanSubject } from "./plan-subject.ts";
import type { PreparedChart } from "./render.ts";
import type { ResolvedImages } from "./resolve-images.ts";
import { digestOf, type Preparation } from "./session.ts";

export interface Planned {
  readonly subject: PlanSubject;
  readonly resolved: ResolvedImages;
  readonly changed: boolean;
  readonly rollout: Prediction;
  readonly rollback: Prediction;
}

/** What the deploying job is held to. */
export function planOf(preparation: Preparation, chart: PreparedChart, planned: Planned): DeployPlan {
  const { subject, resolved, changed, rollout, rollback } = planned;
  const { applied, compared, candidate } = subject;
  return {
    ...basics(preparation, chart),
    images: applied.images,
    ...(applied.release === preparation.inputs.release ? {} : { helmRelease: applied.release }),
    ...(Object.keys(resolved.digests).length === 0 ? {} : { resolvedImages: resolved.digests }),
    rendered: {
      baseRevision: baseRevisionOf(subject),
      manifestDigest: applied.digest,
      objects: objectDigests(applied.objects),
      ...(candidate === undefined
        ? {}
        : {
            candidateManifestDigest: candidate.digest,
            candidateObjects: objectDigests(candidate.objects),
          }),
    },
    changed: changed || applied !== compared,
    predictedRolloutSeconds: rollout.seconds,
    predictedRollbackSeconds: rollback.seconds,
  };
}

/** What a plan says whether or not the cluster was read. */
export function basics({ inputs, context }: Preparation, chart: PreparedChart) {
  return {
    schema: planSchema,
    release: inputs.release,
    namespace: inputs.namespace,
    environment: inputs.environment,
    strategy: inputs.strategy,
    version: inputs.version,
    digest: digestOf(inputs),
    chart: chart.title,
    ...(chart.digest === undefined ? {} : { chartDigest: chart.digest }),
    valuesDigest: chart.stable.digest,
    run: { repository: context.run.repository, id: context.run.runId, attempt: context.run.attempt },
    createdAt: new Date().toISOString(),
  } as const;
}

/** Writes plan and difference as files, for the outputs of their names. */
export async function writePlan({ context }: Preparation, plan: DeployPlan, diff: string) {
  const env = context.runner.env;
  return {
    plan: await writePlanFile(env, "plan.json", `${JSON.stringify(plan, null, 2)}\n`),
    diff: await writePlanFile(env, "plan.diff", diff),
  };
}
