import { messageOf } from "../../core/errors.ts";
import { addRecord, changeRecord, type DeployRecord, type RecordStatus } from "../../domain/record/record.ts";
import { type ReleaseState, withRollout } from "../../domain/record/state.ts";
import type { Attempt } from "../../domain/rollback/interrupted.ts";
import { isIdle, type RollbackPlan } from "../../domain/rollback/plan.ts";
import type { ActionContext } from "../../platform/action.ts";
import type { RollbackInputs } from "./inputs.ts";
import type { Done, Journal } from "./journal.ts";
import type { Restored, Way } from "./restore.ts";
import type { Parts } from "./world.ts";

/** How far the rollback came. */
export interface Outcome {
  readonly attempt: Attempt | undefined;
  readonly plan: RollbackPlan;
  readonly way?: Way;
  readonly restored?: Restored;
  /** Everything that was planned is done: nobody has to come back to it. */
  readonly isComplete: boolean;
}

interface Telling {
  readonly inputs: RollbackInputs;
  readonly context: ActionContext;
  readonly outcome: Outcome;
}

/** Marks the rollout as ours and ending, so that a run that still raises its weight sees it and stops. */
export async function takeOver(
  { store, clock }: Parts,
  { inputs, context }: Pick<Telling, "inputs" | "context">,
): Promise<Done<true>> {
  const { repository, runId, attempt, job } = context.run;
  const expiresAt = new Date(clock.now() + inputs.timeLimitMs).toISOString();
  await store.update((state) => {
    if (state.rollout === undefined) return state;
    const run = { repository, id: runId, attempt, job };
    return withRollout(state, { ...state.rollout, phase: "aborting", weight: 0, run, expiresAt });
  });
  return { value: true, sentence: "the rollout is marked as ending" };
}

/** Writes what happened into the record; the rollout's state goes only when nothing of it is left to do. */
export async function writeRecord(parts: Parts, telling: Telling): Promise<Done<string>> {
  const added = rollbackRecord(parts, telling);
  await parts.store.update((state) => closeState(state, telling, { added, now: nowOf(parts) }));
  const id = added?.id ?? telling.outcome.plan.undone?.id ?? "";
  return { value: id, sentence: id === "" ? "there was no record to close" : `record ${id}` };
}

function closeState(
  state: ReleaseState,
  { inputs, outcome }: Telling,
  { added, now }: { readonly added: DeployRecord | undefined; readonly now: string },
): ReleaseState {
  const { plan, attempt, isComplete } = outcome;
  const { undone } = plan;
  const end = endOf(outcome);
  const reason = reasonOf(undone, inputs.reason);
  const closed =
    undone === undefined || end === undefined
      ? state.records
      : changeRecord(state.records, undone.id, { status: end, finishedAt: now, reason });
  const records = added === undefined ? closed : addRecord(closed, added);
  // A rollout that began meanwhile is another one's, and stays.
  const isSame = state.rollout?.record === attempt?.rollout?.record;
  return withRollout({ ...state, records }, isComplete && isSame ? undefined : state.rollout);
}

/**
 * What is undone is rolled back. What could not be undone keeps its record, unless it was never finished: that attempt
 * has failed.
 */
function endOf({ isComplete, plan }: Outcome): RecordStatus | undefined {
  if (isComplete && !isIdle(plan)) return "rolled-back";
  return plan.undone?.status === "deploying" ? "bad" : undefined;
}

function reasonOf(undone: DeployRecord | undefined, reason: string): string {
  return undone === undefined || undone.reason === "" ? reason : `${undone.reason}; then: ${reason}`;
}

/** The record of the new revision, which stands for the one it returned to. */
function rollbackRecord(parts: Parts, { inputs, context, outcome }: Telling): DeployRecord | undefined {
  const { way, restored, plan } = outcome;
  if (way === undefined || restored === undefined) return undefined;
  const { record, proof, revision } = way.target;
  const { repository, runId, attempt, job, url, actor, commit } = context.run;
  const isProven = restored.isVerified && proof === "good";
  return {
    id: `${runId}-${attempt}-rollback-${restored.revision}`,
    release: inputs.release,
    namespace: inputs.access.namespace,
    environment: inputs.environment ?? plan.undone?.environment ?? "",
    strategy: "rollback",
    digest: record?.digest ?? "",
    ...(record?.version === undefined ? {} : { version: record.version }),
    images: way.images,
    revision: restored.revision,
    chart: record?.chart ?? "",
    manifestDigest: record?.manifestDigest ?? "",
    valuesDigest: record?.valuesDigest ?? "",
    ...(plan.from === undefined ? {} : { previousRevision: plan.from }),
    status: isProven ? "good" : "observed",
    verdicts: [{ gate: "rollback", verdict: restored.isVerified ? "pass" : "inconclusive" }],
    commit: record?.commit ?? commit,
    actor,
    run: { repository, id: runId, attempt, job, url },
    startedAt: new Date(parts.clock.now() - restored.seconds * 1000).toISOString(),
    finishedAt: nowOf(parts),
    rolloutSeconds: Math.round(restored.seconds * 10) / 10,
    reason: `Rolled back to revision ${revision}: ${inputs.reason}`,
  };
}

/** Shows on GitHub's deployments which one is undone and which one serves again. An outage there stops nothing. */
export async function tellGithub(
  { github }: Parts,
  journal: Journal,
  { inputs, context, outcome }: Telling,
): Promise<void> {
  if (github === undefined || !outcome.isComplete) return;
  const { undone, target } = outcome.plan;
  const to = outcome.restored === undefined ? "the stable version" : `revision ${outcome.restored.revision}`;
  const wasGood = undone?.status === "good";
  const changes = [
    {
      id: undone?.deploymentId,
      state: wasGood ? "inactive" : "failure",
      description: `Rolled back to ${to}: ${inputs.reason}`,
    },
    {
      id: target?.record?.deploymentId,
      state: "success",
      description: `Serves again after a rollback: ${inputs.reason}`,
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

function nowOf({ clock }: Parts): string {
  return new Date(clock.now()).toISOString();
}
