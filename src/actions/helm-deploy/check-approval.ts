import { combine, fail, pass, type Verdict } from "../../core/verdict.ts";
import { approverOf } from "../../domain/approval/approver.ts";
import { judgeProtection } from "../../domain/approval/protection.ts";
import type { ActionContext } from "../../platform/action.ts";
import type { GithubApi } from "../../platform/github-api.ts";
import type { HelmDeployInputs } from "./inputs.ts";

export interface ApprovalCheck {
  readonly verdict: Verdict;
  readonly approver?: string;
}

/** Whether the environment asks somebody, and in the deploying job whether somebody has answered. */
export async function checkApproval(
  inputs: HelmDeployInputs,
  context: ActionContext,
  github: GithubApi | undefined,
): Promise<ApprovalCheck> {
  const { phase, environment, approval } = inputs;
  if (environment === "" || github === undefined || (phase !== "plan" && phase !== "deploy"))
    return { verdict: pass };
  const protection = await checkProtection(inputs, github);
  if (approval === "none" || phase === "plan" || protection.kind !== "pass") return { verdict: protection };
  const approver = approverOf(await github.approvals(context.run.runId), environment);
  if (approver !== undefined) return { verdict: protection, approver };
  const missing = fail(`Run ${context.run.runId} has no approval for environment "${environment}"`);
  return { verdict: combine([protection, missing]) };
}

async function checkProtection(inputs: HelmDeployInputs, github: GithubApi): Promise<Verdict> {
  const { environment, planEnvironment, recoveryEnvironment, approval } = inputs;
  const wanted = [
    { input: "plan-environment", name: planEnvironment },
    { input: "recovery-environment", name: recoveryEnvironment },
  ].filter(({ name }) => name !== "");
  const [found, ...helpers] = await Promise.all([
    github.environment(environment),
    ...wanted.map(async (one) => ({ ...one, found: await github.environment(one.name) })),
  ]);
  return judgeProtection({ approval, environment: { name: environment, found }, helpers });
}
