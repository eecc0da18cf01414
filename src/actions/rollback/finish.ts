import { messageOf } from "../../core/errors.ts";
import { addRecord, changeRecord, type DeployRecord, type RecordStatus } from "../../domain/record/record.ts";
import { type ReleaseState, withRollout } from "../../domain/record/state.ts";
import type { Attempt } from "../../domain/rollback/interrupted.ts";
import { isIdle, type RollbackPlan } from "../../domain/rollback/plan.ts";
import type { ActionContext } from "../../platform/action.ts";
import type { Check } from "./checklist.ts";
import type { RollbackInputs } from "./inputs.ts";
import type { Done, Journal } from "./journal.ts";
import type { Parts } from "./world.ts";

/** How far the rollback came. */
export interface Outcome {
  readonly attempt: Attempt | undefined;
  readonly plan: RollbackPlan;
  /** The record that was opened for it; undefined where nothing was begun. */
  readonly open: DeployRecord | undefined;
  readonly target: DeployRecord | undefined;
  /** The revision that serves; undefined where the return did not come to its end. */
  readonly revision: number | undefined;
  /** Until the version returned to served alone and was verified. */
  readonly seconds: number;
  readonly checks: readonly Check[];
  /** Everything that was looked at is as it should be. */
  readonly isVerified: boolean;
  /** Everything that was planned is done: nobody has to come back to it. */
  readonly isComplete: boolean;
}

export interface Telling {
  readonly inputs: RollbackInputs;
  readonly context: ActionContext;
  readonly outcome: Outcome;
}

/** Writes what happened into the record; the rollout's state goes only when nothing of it is left to do. */
export async function writeRecord(parts: Parts, telling: Telling): Promise<Done<string>> {
  const now = new Date(parts.clock.now()).toISOString();
  await parts.store.update((state) => closed(state, telling, now));
  const id = telling.outcome.open?.id ?? telling.outcome.plan.undone?.id ?? "";
  return { value: id, sentence: id === "" ? "there was no record to close" : `record ${id}` };
}

function closed(state: ReleaseState, { inputs, outcome }: Telling, now: string): ReleaseState {
  const { plan, attempt, isComplete, open } = outcome;
  const end = endOf(outcome);
  const { undone } = plan;
  let records = state.records;
  if (undone !== undefined && end !== undefined && undone.strategy !== "rollback")
    records = changeRecord(records, undone.id, {
      status: end,
      finishedAt: now,
      reason: reasonOf(undone, inputs.reason),
    });
  if (open !== undefined) records = addRecord(records, endRecord(open, { inputs, outcome, now }));
  // A rollback whose run was lost is ended by this one.
  if (isComplete)
    for (const one of records.filter((lost) => lost.strategy === "rollback" && lost.status === "deploying"))
      records = changeRecord(records, one.id, {
        status: "bad",
        finishedAt: now,
        reason: reasonOf(one, `carried on by ${open?.id ?? "another run"}`),
      });
  // A rollout that began meanwhile is another one's, and stays.
  const isSame = attempt?.rollout === undefined || state.rollout?.record === attempt.rollout.record;
  return withRollout({ ...state, records }, isComplete && isSame ? undefined : state.rollout);
}

/**
 * What is undone is rolled back. What could not be undone keeps its record, unless it was never finished: that attempt
 * has failed.
 */
function endOf({ isComplete, plan }: Outcome): RecordStatus | undefined {
  if (plan.first !== undefined) return "bad";
  if (isComplete && !isIdle(plan)) return "rolled-back";
  return plan.undone?.status === "deploying" ? "bad" : undefined;
}

function reasonOf(undone: DeployRecord, reason: string): string {
  return undone.reason === "" ? reason : `${undone.reason}; then: ${reason}`;
}

/** An open record stays open while there is something left to do: recovery goes on with it. */
function endRecord(
  open: DeployRecord,
  {
    inputs,
    outcome,
    now,
  }: { readonly inputs: RollbackInputs; readonly outcome: Outcome; readonly now: string },
): DeployRecord {
  const { revision, seconds, checks, isVerified, isComplete, target } = outcome;
  if (!isComplete || revision === undefined) return open;
  const isProven = isVerified && inputs.verify && target?.status === "good";
  const where = target?.revision === undefined ? "" : ` to revision ${target.revision}`;
  return {
    ...open,
    revision,
    status: isProven ? "good" : "observed",
    verdicts: [{ gate: "rollback", verdict: isVerified ? "pass" : "inconclusive" }],
    finishedAt: now,
    rollbackSeconds: Math.round(seconds * 10) / 10,
    verifiedBy: checks.map(({ name, result, sentence }) => `${name}: ${result}: ${sentence}`),
    reason: `Rolled back${where}: ${inputs.reason}`,
  };
}

/** Shows on GitHub's deployments which one is undone and which one serves again. An outage there stops nothing. */
export async function tellGithub(
  { github }: Parts,
  journal: Journal,
  { inputs, context, outcome }: Telling,
): Promise<void> {
  if (github === undefined || !outcome.isComplete) return;
  const { plan, target, revision, seconds } = outcome;
  const { undone } = plan;
  const to = revision === undefined ? "the stable version" : `revision ${revision}`;
  const changes = [
    {
      id: undone?.deploymentId,
      state: undone?.status === "good" ? "inactive" : "failure",
      description: `Rolled back to ${to} in ${seconds.toFixed(1)} s by ${context.run.actor}: ${inputs.reason}`,
    },
    {
      // A canary's stable version never stopped being the one that serves.
      id: plan.strategy === "canary" && plan.target === undefined ? undefined : target?.deploymentId,
      state: "success",
      description: `Serves again after a rollback by ${context.run.actor}: ${inputs.reason}`,
    },
  ] as const;
  for (const { id, state, description } of changes) {
    if (id === undefined) continue;
    try {
      await github.setDeploymentStatus(id, { state, description, logUrl: context.run.url });
    } catch (error) {
      journal.notes.push(`GitHub Deployment ${id} was not marked ${state}: ${messageOf(error)}`);
    }
  }
}
