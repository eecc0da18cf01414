import { fail, pass } from "../../core/verdict.ts";
import type { Hold } from "../../domain/record/state.ts";
import { liftHolds } from "../../domain/rollback/hold.ts";
import type { ActionContext, ActionResult } from "../../platform/action.ts";
import type { RollbackInputs } from "./inputs.ts";
import type { Parts } from "./world.ts";

/** Lets digests be deployed again, and writes into their records who allowed it and why. */
export async function liftHold(
  inputs: RollbackInputs,
  context: ActionContext,
  parts: Parts,
): Promise<ActionResult> {
  const { lift: what, reason, release } = inputs;
  const { actor } = context.run;
  let lifted: readonly Hold[] = liftHolds(await parts.store.read(), { what, actor, reason }).lifted;
  if (!inputs.dryRun && lifted.length > 0)
    await parts.store.update((state) => {
      const after = liftHolds(state, { what, actor, reason });
      lifted = after.lifted;
      return after.state;
    });
  const name = what.kind === "all" ? "any digest" : what.digest;
  const isMissing = lifted.length === 0 && what.kind === "digest";
  const verb = inputs.dryRun ? "would be lifted" : "is lifted";
  const lines = lifted.map(
    (one) => `Hold on ${one.digest} ${verb}: placed ${one.since} by ${one.actor}: ${one.reason}`,
  );
  const sentence = lines.length === 0 ? `Release ${release} has no hold on ${name}` : lines.join("; ");
  context.runner.info(sentence);
  return {
    verdict: isMissing ? fail(sentence) : pass,
    mode: inputs.mode,
    subject: { release, namespace: inputs.access.namespace },
    outputs: { strategy: "none" },
    details: { sentence, reason, actor, dryRun: inputs.dryRun, lifted: lifted.map((one) => ({ ...one })) },
    summary: `${sentence}\n\nWhy: ${reason} (${actor})`,
  };
}
