import { OutsideError } from "../../core/errors.ts";
import type { RollbackPlan } from "../../domain/rollback/plan.ts";
import type { Traffic } from "../../domain/traffic/traffic.ts";
import { describeFailure } from "../../platform/shell.ts";
import { trafficSwitch } from "../../platform/traffic.ts";
import type { Journal } from "./journal.ts";
import type { TrafficHome } from "./traffic-home.ts";
import type { Parts } from "./world.ts";

interface Leaving {
  readonly plan: RollbackPlan;
  readonly traffic: Traffic | undefined;
  /** Undefined while traffic is not proven to be home. */
  readonly home: TrafficHome | undefined;
}

const longestMs = 60_000;

/** A candidate that may still get traffic is left running: its removal would turn that traffic into errors. */
export async function removeCandidate(
  parts: Parts,
  journal: Journal,
  { plan, traffic, home }: Leaving,
): Promise<boolean> {
  const { candidateRelease } = plan;
  if (candidateRelease === undefined) return true;
  if (home === undefined || traffic === undefined) return false;
  const { helm, kubectl, namespace } = parts.cluster;
  const removed = await journal.stepUnlessCancelled("remove the candidate", async () => {
    // A run that was about to raise the weight when it was taken from it may have done so once more.
    const weight = await trafficSwitch(kubectl, traffic, namespace).readWeight();
    if (weight !== plan.home)
      throw new OutsideError(
        `Release ${candidateRelease} was not removed: it gets ${Math.abs(weight - plan.home)} % of the traffic again`,
      );
    const timeoutMs = Math.max(1000, Math.min(longestMs, journal.leftMs()));
    const removal = { timeoutMs, signal: parts.late };
    // A colour's revisions are ways back for later rollbacks.
    const ran = await helm.uninstall(
      candidateRelease,
      namespace,
      plan.strategy === "blue-green" ? { ...removal, keepHistory: true } : removal,
    );
    if (ran.exitCode !== 0 || ran.timedOut)
      throw new OutsideError(describeFailure("helm", ["uninstall"], ran));
    return { value: true, sentence: `release ${candidateRelease} is gone` };
  });
  return removed !== undefined;
}
