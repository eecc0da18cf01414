import { OutsideError } from "../../core/errors.ts";
import type { RollbackPlan } from "../../domain/rollback/plan.ts";
import { describeFailure } from "../../platform/shell.ts";
import type { Moved } from "./act.ts";
import type { Story } from "./situation.ts";

const longestMs = 60_000;

/** A first install that failed has nothing before it: it is left to be looked at, or removed where that was asked for. */
export async function firstInstall(
  { inputs, parts, journal }: Story,
  { first = inputs.release }: RollbackPlan,
): Promise<Moved> {
  if (inputs.firstInstall === "keep") {
    journal.problems.push(
      `Release ${first} was installed for the first time and failed: there is nothing to return to, and it is left as it is (first-install: uninstall removes it)`,
    );
    return { isBack: true };
  }
  const { helm, namespace } = parts.cluster;
  const removed = await journal.stepUnlessCancelled("remove the first install", async () => {
    const timeoutMs = Math.max(1000, Math.min(longestMs, journal.leftMs()));
    const ran = await helm.uninstall(first, namespace, { timeoutMs, signal: parts.late });
    if (ran.exitCode !== 0 || ran.timedOut)
      throw new OutsideError(describeFailure("helm", ["uninstall"], ran));
    return { value: true, sentence: `release ${first} is gone` };
  });
  return { isBack: removed !== undefined };
}
