import { fail, pass, type Verdict } from "../../core/verdict.ts";

/** What GitHub's API says of an environment. Undefined where it does not exist. */
export interface EnvironmentProtection {
  readonly name: string;
  readonly hasReviewers: boolean;
  readonly hasBranchPolicy: boolean;
  /** Names of custom deployment protection rules that are switched on. */
  readonly customRules: readonly string[];
}

export interface ProtectionWanted {
  readonly approval: "required" | "none";
  /** The environment that is deployed to. */
  readonly environment: { readonly name: string; readonly found: EnvironmentProtection | undefined };
  /** Environments of helping jobs, which run without an approval. */
  readonly helpers: readonly {
    readonly input: string;
    readonly name: string;
    readonly found: EnvironmentProtection | undefined;
  }[];
}

/**
 * Whether the approval that the workflow promises exists. GitHub creates a missing environment without any rule, so
 * an absent one would let everything through.
 */
export function judgeProtection({ approval, environment, helpers }: ProtectionWanted): Verdict {
  const target = judgeTarget(approval, environment.name, environment.found);
  const reasons = [
    ...target,
    ...helpers.flatMap(({ input, name, found }) => judgeHelper(input, name, found)),
  ];
  const [first, ...more] = reasons;
  return first === undefined ? pass : fail(first, ...more);
}

function judgeTarget(
  approval: "required" | "none",
  name: string,
  found: EnvironmentProtection | undefined,
): readonly string[] {
  if (found === undefined)
    return [`Environment "${name}" does not exist: GitHub would create it without any protection`];
  const custom = found.customRules.map(
    (rule) =>
      `Environment "${name}" has the custom deployment protection rule "${rule}": GitHub fails a job with it that makes no deployment`,
  );
  if (approval === "required" && !found.hasReviewers)
    return [
      ...custom,
      `Environment "${name}" has no required reviewers: nobody would approve (approval: none opts out)`,
    ];
  return custom;
}

function judgeHelper(
  input: string,
  name: string,
  found: EnvironmentProtection | undefined,
): readonly string[] {
  if (found === undefined)
    return [`${input} "${name}" does not exist: GitHub would create it without any protection`];
  if (!found.hasBranchPolicy)
    return [`${input} "${name}" has no branch policy: any branch could use its access to the cluster`];
  return [];
}
