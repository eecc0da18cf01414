import { fail, pass, type Verdict } from "../../core/verdict.ts";
import type { Strategy } from "../record/record.ts";

export const planSchema = "sluice.plan/v1";

/** What was reviewed: enough to tell whether what is about to be applied is still that. */
export interface DeployPlan {
  readonly schema: typeof planSchema;
  readonly release: string;
  readonly namespace: string;
  readonly environment: string;
  readonly strategy: Strategy;
  readonly version: string;
  /** The digest that is deployed. */
  readonly digest: string;
  readonly images: readonly string[];
  readonly chart: string;
  readonly valuesDigest: string;
  /** Absent where the plan was made without reading the cluster. */
  readonly rendered?: {
    /** Helm's last revision at the time; 0 where there was no release. */
    readonly baseRevision: number;
    readonly manifestDigest: string;
    /** Of the canary's candidate; absent where there is nothing to compare with. */
    readonly candidateManifestDigest?: string;
  };
  readonly changed: boolean;
  readonly predictedRolloutSeconds?: number;
  readonly predictedRollbackSeconds?: number;
  readonly run: { readonly repository: string; readonly id: string; readonly attempt: number };
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

/** What is about to be applied. */
export interface Applied {
  readonly release: string;
  readonly namespace: string;
  readonly environment: string;
  readonly strategy: string;
  readonly digest: string;
  readonly valuesDigest: string;
  readonly baseRevision: number;
  readonly manifestDigest: string;
  readonly candidateManifestDigest?: string;
}

const again = "re-run all jobs, so that the plan is made and approved anew";

/** Whether what is about to be applied is what was reviewed. */
export function judgePlan(plan: DeployPlan, applied: Applied): Verdict {
  const named = (["release", "namespace", "environment", "strategy", "digest"] as const)
    .filter((key) => plan[key] !== applied[key])
    .map((key) => `The plan is for ${key} "${plan[key]}", not "${applied[key]}"`);
  const reasons = [...named, ...(named.length > 0 ? [] : changes(plan, applied))];
  const [first, ...more] = reasons;
  return first === undefined ? pass : fail(first, ...more);
}

function changes(plan: DeployPlan, applied: Applied): readonly string[] {
  if (plan.valuesDigest !== applied.valuesDigest)
    return [`The values differ from those of the plan: ${again}`];
  const { rendered } = plan;
  if (rendered === undefined) return [];
  if (rendered.baseRevision !== applied.baseRevision)
    return [
      `Release ${applied.release} is at revision ${applied.baseRevision}, the plan was made at ${rendered.baseRevision}: ${again}`,
    ];
  const isSame =
    rendered.manifestDigest === applied.manifestDigest &&
    (applied.candidateManifestDigest === undefined ||
      rendered.candidateManifestDigest === applied.candidateManifestDigest);
  return isSame ? [] : [`What the chart renders now differs from the plan: ${again}`];
}
