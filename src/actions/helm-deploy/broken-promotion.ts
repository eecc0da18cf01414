import { OutsideError } from "../../core/errors.ts";
import type { RolloutState } from "../../domain/record/state.ts";
import { type HelmRevision, lastRevision } from "../../domain/release/history.ts";
import type { Session } from "./session.ts";
import { returnToLastGood } from "./way-back.ts";

/**
 * A promotion that was cut short leaves the stable release between two versions. It returns to the proven one before a
 * candidate is compared with it; meanwhile the candidate that was promoted keeps its share, for its pods may be the
 * only healthy ones.
 */
export async function endBrokenPromotion(
  session: Session,
  rollout: RolloutState | undefined,
  history: readonly HelmRevision[],
): Promise<readonly HelmRevision[]> {
  if (rollout?.phase !== "promoting" || (rollout.strategy ?? "canary") !== "canary") return history;
  if (lastRevision(history)?.status === "deployed") return history;
  const { cluster, inputs } = session;
  const sentence = `run ${rollout.run.id} ended in the middle of its promotion`;
  const back = await returnToLastGood(session, rollout.record, { isUntouched: false, sentence });
  if (back.verdict.kind !== "pass") throw new OutsideError(`${sentence}, and ${back.sentence}`);
  return cluster.helm.history(inputs.release, inputs.namespace);
}

/** Why there is nothing that an abort could end: the promotion has begun, and the stable release itself is changed. */
export function whyPromoted(release: string, { phase, strategy }: RolloutState): string | undefined {
  if ((strategy ?? "canary") !== "canary") return undefined;
  if (phase !== "promoting" && phase !== "verifying") return undefined;
  const how = phase === "promoting" ? "is being promoted" : "was promoted";
  return `The candidate of ${release} ${how}: an abort would leave it in the stable release (the rollback action takes it back)`;
}
