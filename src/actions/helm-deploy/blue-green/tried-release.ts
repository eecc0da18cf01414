import { spendMs } from "../../../core/budget.ts";
import { OutsideError } from "../../../core/errors.ts";
import type { ReleaseState } from "../../../domain/record/state.ts";
import { type HelmRevision, lastRevision } from "../../../domain/release/history.ts";
import { describeFailure } from "../../../platform/shell.ts";
import type { Session } from "../session.ts";

const leastRemovalMs = 60_000;

/**
 * Removes the release of a colour. Its history stays: records name its revisions, and a rollback may bring one back.
 * It must not get traffic any more. One that is removed already is no error.
 */
export async function removeColour(session: Session, release: string): Promise<"removed" | "absent"> {
  const { cluster, inputs, context, budget } = session;
  const history = await cluster.helm.history(release, inputs.namespace);
  if (!isInstalled(history)) return "absent";
  context.runner.info(`helm uninstall --keep-history ${release}`);
  const ran = await cluster.helm.uninstall(release, inputs.namespace, {
    // A watch uses up more than the step's own time; what is left to do afterwards still must be done.
    timeoutMs: Math.max(spendMs(budget), Math.min(budget.totalMs, leastRemovalMs)),
    keepHistory: true,
  });
  if (ran.exitCode !== 0) throw new OutsideError(describeFailure("helm", ["uninstall"], ran));
  return "removed";
}

/** Whether Helm has something of the release in the cluster, be it half. */
export function isInstalled(history: readonly HelmRevision[]): boolean {
  const last = lastRevision(history);
  return last !== undefined && last.status !== "uninstalled";
}

/**
 * Whether what stands under a colour's name came from us: a record, the rollout, or the label that we give to every
 * revision says so. Anything else is somebody's, and is not removed.
 */
export async function isOurs(session: Session, state: ReleaseState, release: string): Promise<boolean> {
  const isNamed =
    state.rollout?.candidateRelease === release ||
    state.rollout?.stableRelease === release ||
    state.records.some(({ helmRelease }) => helmRelease === release);
  if (isNamed) return true;
  const { cluster, inputs } = session;
  const selector = `owner=helm,name=${release},sluice-record`;
  return (await cluster.kubectl.list("secrets", inputs.namespace, selector)).length > 0;
}
