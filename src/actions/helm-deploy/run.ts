import { startBudget } from "../../core/budget.ts";
import { unreachable } from "../../core/unreachable.ts";
import { combine, pass, type Verdict } from "../../core/verdict.ts";
import type { ActionContext, ActionResult } from "../../platform/action.ts";
import { systemClock } from "../../platform/clock.ts";
import { withCluster } from "../../platform/cluster-access.ts";
import { githubApi } from "../../platform/github-api.ts";
import { recordStore } from "../../platform/record-store.ts";
import { confirmWeight } from "../../platform/traffic-confirm.ts";
import { abortPhase } from "./abort-phase.ts";
import { checkApproval } from "./check-approval.ts";
import { checkEvidence, checkImages } from "./check-image.ts";
import { deployPhase } from "./deploy-phase.ts";
import { finishPhase } from "./finish-phase.ts";
import { boundCancel, holdRelease } from "./hold.ts";
import type { HelmDeployInputs } from "./inputs.ts";
import { planPhase, planWithoutCluster } from "./plan-phase.ts";
import { promotePhase } from "./promote-phase.ts";
import { checkChart } from "./render.ts";
import { resultOf } from "./report.ts";
import { type PhaseOutcome, type Preparation, refusedOutputs, type Session } from "./session.ts";
import { noteStep } from "./step-times.ts";

/** What is asked before the cluster is spoken to, then the phase itself. */
export async function helmDeploy(inputs: HelmDeployInputs, context: ActionContext): Promise<ActionResult> {
  const budget = startBudget(inputs.timeoutMs, systemClock.now);
  if (inputs.githubToken !== undefined) context.mask(inputs.githubToken);
  if (inputs.registryLogin?.kind === "password") context.mask(inputs.registryLogin.password);
  await checkChart(inputs);
  const checked = await check(inputs, context);
  const { preparation } = checked;
  if (checked.verdict.kind !== "pass")
    return resultOf(preparation, { verdict: checked.verdict, outputs: refusedOutputs });
  if (inputs.phase === "plan" && inputs.environment !== "" && inputs.planEnvironment === "")
    return resultOf(preparation, await planWithoutCluster(preparation));
  return boundCancel(context.signal, () =>
    withCluster(context, inputs.access, async (cluster) => {
      const store = recordStore(cluster.kubectl, inputs.release, inputs.namespace);
      const session = { ...preparation, cluster, store, clock: systemClock, budget, confirm: confirmWeight };
      return resultOf(preparation, await holdRelease(session, runTimedPhase));
    }),
  );
}

async function runTimedPhase(session: Session): Promise<PhaseOutcome> {
  const startedAt = session.clock.now();
  const outcome = await runPhase(session);
  await noteStep(session, outcome, startedAt);
  return outcome;
}

interface Checked {
  readonly verdict: Verdict;
  readonly preparation: Preparation;
}

async function check(inputs: HelmDeployInputs, context: ActionContext): Promise<Checked> {
  const github =
    inputs.githubToken === undefined ? undefined : githubApi(inputs.githubToken, context.runner.env);
  const approval = await checkApproval(inputs, context, github);
  const evidence = inputs.phase === "abort" ? { verdict: pass, gates: [] } : await checkEvidence(inputs);
  const isRefused = approval.verdict.kind !== "pass" || evidence.verdict.kind !== "pass";
  const needsImage = inputs.phase === "plan" || inputs.phase === "deploy" || inputs.phase === "promote";
  const images = needsImage && !isRefused ? await checkImages(inputs, context) : pass;
  return {
    verdict: combine([approval.verdict, evidence.verdict, images]),
    preparation: {
      inputs,
      context,
      gates: evidence.gates,
      ...(github === undefined ? {} : { github }),
      ...(approval.approver === undefined ? {} : { approver: approval.approver }),
    },
  };
}

/** The phase alone, once everything before the cluster has passed. */
export function runPhase(session: Session): Promise<PhaseOutcome> {
  const { phase } = session.inputs;
  switch (phase) {
    case "plan":
      return planPhase(session);
    case "deploy":
      return deployPhase(session);
    case "promote":
      return promotePhase(session);
    case "abort":
      return abortPhase(session);
    case "finish":
      return finishPhase(session);
    default:
      return unreachable(phase);
  }
}
