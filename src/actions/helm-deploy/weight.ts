import { spendMs } from "../../core/budget.ts";
import { OutsideError } from "../../core/errors.ts";
import { type RolloutState, withRollout } from "../../domain/record/state.ts";
import { describeFailure } from "../../platform/shell.ts";
import { trafficSwitch } from "../../platform/traffic.ts";
import type { Session } from "./session.ts";

// Without a way to count responses, the time a gateway may need to act on an accepted route.
const settleMs = 3_000;
// Requests that were on their way when the last one was counted come to their end.
const drainMs = 5_000;
const leastRemovalMs = 60_000;

/**
 * Gives the candidate no traffic, and returns when that is confirmed and what was under way has had time to end. Its
 * pods may go after that, not before.
 */
export async function silenceCandidate(session: Session): Promise<void> {
  const { cluster, inputs } = session;
  const { traffic } = inputs;
  if (traffic === undefined) return;
  const route = trafficSwitch(cluster.kubectl, traffic, inputs.namespace);
  const wasSilent = (await route.readWeight()) === 0;
  await route.setWeight(0);
  await updateRollout(session, (rollout) => ({ ...rollout, weight: 0 }));
  if (wasSilent) return;
  if (traffic.confirm === undefined) return session.clock.sleep(settleMs + drainMs);
  const confirmation = await session.confirm(traffic.confirm, { percent: 0 });
  if (confirmation.decision === "confirmed") return session.clock.sleep(drainMs);
  throw new OutsideError(
    `Weight 0 is set but not confirmed, so the candidate stays: ${confirmation.sentence}`,
  );
}

/** Removes the candidate's release. It must not get traffic any more. */
export async function removeCandidate(session: Session, release: string): Promise<void> {
  const { cluster, inputs, context, budget } = session;
  context.runner.info(`helm uninstall ${release}`);
  const ran = await cluster.helm.uninstall(release, inputs.namespace, {
    // A share that has been taken back leaves pods behind, whatever time is left.
    timeoutMs: Math.max(spendMs(budget), Math.min(budget.totalMs, leastRemovalMs)),
  });
  if (ran.exitCode !== 0) throw new OutsideError(describeFailure("helm", ["uninstall"], ran));
}

/** Changes the rollout that the cluster keeps, if it keeps one; undefined ends it. */
export async function updateRollout(
  session: Session,
  change: (rollout: RolloutState) => RolloutState | undefined,
): Promise<void> {
  await session.store.update((state) =>
    state.rollout === undefined ? state : withRollout(state, change(state.rollout)),
  );
}
