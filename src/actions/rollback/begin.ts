import { addRecord, type DeployRecord } from "../../domain/record/record.ts";
import { type ReleaseState, type RolloutState, withoutRamp, withRollout } from "../../domain/record/state.ts";
import { type Colour, colourOfRelease, colourRelease, otherColour } from "../../domain/release/colours.ts";
import { withHold, withoutHold } from "../../domain/rollback/hold.ts";
import type { Attempt } from "../../domain/rollback/interrupted.ts";
import { isIdle, type RollbackPlan } from "../../domain/rollback/plan.ts";
import type { ActionContext } from "../../platform/action.ts";
import type { Way } from "./check-way.ts";
import type { RollbackInputs } from "./inputs.ts";
import type { Done } from "./journal.ts";
import type { Parts } from "./world.ts";

export interface Beginning {
  readonly inputs: RollbackInputs;
  readonly context: ActionContext;
  readonly plan: RollbackPlan;
  readonly attempt: Attempt | undefined;
  /** The record that stands for what is returned to, where there is one. */
  readonly target: DeployRecord | undefined;
  readonly way: Way | undefined;
  /** The route as text, for whoever has to go on with it. */
  readonly trafficText?: string;
}

/** A repeated step of the same job writes the same record. */
function rollbackId({ run }: ActionContext, { from }: RollbackPlan): string {
  return `${run.runId}-${run.attempt}-${run.job}-rollback-${from ?? 0}`;
}

/**
 * Writes down what is about to happen before anything does, in one change: the rollout ends, so that a run which still
 * raises its weight stops; the record of the rollback is open, so that another run can go on with it; and what a person
 * leaves is on hold, so that nobody takes it for the way back meanwhile.
 */
export async function begin(parts: Parts, beginning: Beginning): Promise<Done<DeployRecord>> {
  const record = openRecord(parts, beginning);
  await parts.store.update((state) => begun(state, parts, { ...beginning, record }));
  const held = holdOf(parts, beginning);
  const sentence =
    held === undefined
      ? `record ${record.id} is open`
      : `record ${record.id} is open; ${held.digest} is on hold`;
  return { value: record, sentence };
}

function begun(
  state: ReleaseState,
  parts: Parts,
  beginning: Beginning & { readonly record: DeployRecord },
): ReleaseState {
  const hold = holdOf(parts, beginning);
  const held = hold === undefined ? state : withHold(state, hold);
  const free = withoutHold(held, beginning.target?.digest ?? "");
  const opened = isIdle(beginning.plan)
    ? free
    : { ...free, records: addRecord(free.records, beginning.record) };
  const rollout = endingRollout(parts, state.rollout, beginning);
  return rollout === undefined ? opened : withRollout(opened, rollout);
}

/**
 * What a person leaves must not come back by itself, nor a version that was good before; a deploy that failed by its own
 * gates is known to be bad already.
 */
export function holdOf({ clock }: Parts, { inputs, context, plan, target }: Beginning) {
  const { undone } = plan;
  const isMeant = (!inputs.isAutomatic && inputs.mode === "rollback") || undone?.status === "good";
  if (!isMeant || undone === undefined || undone.digest === "" || undone.digest === target?.digest)
    return undefined;
  if (isIdle(plan)) return undefined;
  const { actor, url } = context.run;
  return {
    digest: undone.digest,
    reason: inputs.reason,
    actor,
    since: new Date(clock.now()).toISOString(),
    url,
  };
}

/** A pair's way back is a rollout of its own: a run that dies in between leaves what another one can end. */
function endingRollout(
  { clock }: Parts,
  rollout: RolloutState | undefined,
  { inputs, context, plan, trafficText, ...rest }: Beginning,
): RolloutState | undefined {
  const { repository, runId, attempt, job } = context.run;
  const ours = {
    phase: "aborting" as const,
    run: { repository, id: runId, attempt, job },
    expiresAt: new Date(clock.now() + inputs.timeLimitMs).toISOString(),
  };
  if (rollout !== undefined) {
    const isPair = rollout.strategy === "blue-green";
    return { ...withoutRamp(rollout), ...ours, ...(isPair ? {} : { weight: 0 }) };
  }
  const left = plan.candidateRelease;
  if (plan.strategy !== "blue-green" || left === undefined || plan.traffic === "none") return undefined;
  const colour = colourOfRelease(inputs.release, left);
  if (colour === undefined) return undefined;
  return {
    ...ours,
    strategy: "blue-green",
    weight: 100,
    candidateRelease: left,
    stableRelease: stableName(inputs.release, colour),
    digest: plan.undone?.digest ?? "",
    record: plan.undone?.id ?? rest.target?.id ?? "",
    ...(trafficText === undefined ? {} : { traffic: trafficText }),
  };
}

function stableName(release: string, left: Colour): string {
  return colourRelease(release, otherColour(left));
}

function openRecord({ clock }: Parts, { inputs, context, plan, target, way }: Beginning): DeployRecord {
  const { repository, runId, attempt, job, url, actor, commit } = context.run;
  const { undone } = plan;
  const carrier = way?.target.helmRelease ?? target?.helmRelease;
  return {
    id: rollbackId(context, plan),
    release: inputs.release,
    namespace: inputs.access.namespace,
    environment: inputs.environment ?? undone?.environment ?? "",
    strategy: "rollback",
    digest: target?.digest ?? "",
    ...(target?.version === undefined ? {} : { version: target.version }),
    images: way?.images ?? target?.images ?? [],
    ...(carrier === undefined ? {} : { helmRelease: carrier }),
    chart: target?.chart ?? "",
    manifestDigest: target?.manifestDigest ?? "",
    valuesDigest: target?.valuesDigest ?? "",
    ...(plan.from === undefined ? {} : { previousRevision: plan.from }),
    ...(target?.schemaLevel === undefined ? {} : { schemaLevel: target.schemaLevel }),
    ...(undone === undefined ? {} : { rollbackOf: undone.id, previousRecord: undone.id }),
    ...(target === undefined ? {} : { rollbackTo: target.id }),
    status: "deploying",
    verdicts: [],
    commit: target?.commit ?? commit,
    actor,
    run: { repository, id: runId, attempt, job, url },
    startedAt: new Date(clock.now()).toISOString(),
    reason: inputs.reason,
  };
}
