import { spendMs } from "../../core/budget.ts";
import { reserveMs } from "../../domain/capacity/reserve.ts";
import { predictRollout } from "../../domain/plan/prediction.ts";
import type { DeployRecord } from "../../domain/record/record.ts";
import { deployedRevision, type HelmRevision } from "../../domain/release/history.ts";
import type { Rendered } from "./render.ts";
import type { Session } from "./session.ts";

/** What a rollout may take of the step's time. The rest is for what comes after its failure. */
export function rolloutMs({ budget }: Session, returnSeconds?: number): number {
  const { totalMs } = budget;
  return spendMs(budget, reserveMs(returnSeconds === undefined ? { totalMs } : { totalMs, returnSeconds }));
}

interface Return {
  readonly history: readonly HelmRevision[];
  readonly records: readonly DeployRecord[];
  readonly rendered: Rendered;
}

/** How long the way back may take after a failed upgrade; undefined where this step would not go it. */
export function returnSecondsOf(
  { inputs }: Session,
  { history, records, rendered }: Return,
): number | undefined {
  if (inputs.onFailure === "keep" || deployedRevision(history) === undefined) return undefined;
  return predictRollout(records, rendered.objects).seconds;
}
