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
  /** Digest of the chart as it was fetched; absent for a folder. */
  readonly chartDigest?: string;
  readonly valuesDigest: string;
  /** The digest that each image by tag had, where tags are resolved. */
  readonly resolvedImages?: Readonly<Record<string, string>>;
  /** The Helm release that is installed or upgraded, where that is not `release`: the colour that is idle. */
  readonly helmRelease?: string;
  /** Absent where the plan was made without reading the cluster. */
  readonly rendered?: {
    /** Helm's last revision at the time; 0 where there was no release. */
    readonly baseRevision: number;
    readonly manifestDigest: string;
    /** Of the canary's candidate; absent where there is nothing to compare with. */
    readonly candidateManifestDigest?: string;
    /** Digests by object, so that a difference can be named. */
    readonly objects?: Readonly<Record<string, string>>;
    readonly candidateObjects?: Readonly<Record<string, string>>;
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
  readonly chartDigest?: string;
  readonly helmRelease?: string;
  readonly resolvedImages?: Readonly<Record<string, string>>;
  readonly objects?: Readonly<Record<string, string>>;
  readonly candidateObjects?: Readonly<Record<string, string>>;
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
  const sources = movedSources(plan, applied);
  if (sources.length > 0) return sources;
  const { rendered } = plan;
  if (rendered === undefined) return [];
  if (plan.helmRelease !== applied.helmRelease)
    return [
      `The plan is for Helm release ${plan.helmRelease ?? plan.release}, now it would be ${applied.helmRelease ?? applied.release}: ${again}`,
    ];
  if (rendered.baseRevision !== applied.baseRevision)
    return [
      `Release ${applied.release} is at revision ${applied.baseRevision}, the plan was made at ${rendered.baseRevision}: ${again}`,
    ];
  const isSame =
    rendered.manifestDigest === applied.manifestDigest &&
    (applied.candidateManifestDigest === undefined ||
      rendered.candidateManifestDigest === applied.candidateManifestDigest);
  if (isSame) return [];
  const named = [
    ...differing(rendered.objects, applied.objects),
    ...(applied.candidateObjects === undefined
      ? []
      : differing(rendered.candidateObjects, applied.candidateObjects)),
  ];
  const what = named.length === 0 ? "" : ` (${[...new Set(named)].slice(0, 8).join(", ")})`;
  return [`What the chart renders now differs from the plan${what}: ${again}`];
}

function movedSources(plan: DeployPlan, applied: Applied): readonly string[] {
  if (plan.chartDigest !== applied.chartDigest)
    return [
      `The chart is ${applied.chartDigest ?? "a folder"}, the plan was made with ${plan.chartDigest ?? "a folder"}: ${again}`,
    ];
  if (plan.valuesDigest !== applied.valuesDigest)
    return [`The values differ from those of the plan: ${again}`];
  return Object.entries(plan.resolvedImages ?? {}).flatMap(([image, digest]) => {
    const now = applied.resolvedImages?.[image];
    return now === undefined || now === digest
      ? []
      : [`Image ${image} is ${now} now, the plan was made with ${digest}: ${again}`];
  });
}

type Digests = Readonly<Record<string, string>> | undefined;

function differing(before: Digests, now: Digests): readonly string[] {
  if (before === undefined || now === undefined) return [];
  const all = [...new Set([...Object.keys(before), ...Object.keys(now)])].toSorted();
  return all
    .filter((one) => before[one] !== now[one])
    .map((one) =>
      before[one] === undefined ? `${one} is new` : now[one] === undefined ? `${one} is gone` : one,
    );
}
