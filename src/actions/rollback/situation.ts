import type { ReleaseState } from "../../domain/record/state.ts";
import { colourOfRelease } from "../../domain/release/colours.ts";
import { lastRevision } from "../../domain/release/history.ts";
import { type ColourWorld, planColours } from "../../domain/rollback/colours.ts";
import {
  type Attempt,
  attemptOfRun,
  cutAttempt,
  mayBeHealthy,
  resumedRollback,
  unfinishedAttempt,
} from "../../domain/rollback/interrupted.ts";
import { planReturn, planUndo, type RollbackPlan, type RollbackWorld } from "../../domain/rollback/plan.ts";
import type { TargetRequest } from "../../domain/rollback/target.ts";
import type { Traffic } from "../../domain/traffic/traffic.ts";
import type { ActionContext } from "../../platform/action.ts";
import type { Lease } from "../../platform/lease.ts";
import { toTraffic } from "../../platform/traffic-input.ts";
import { claimOf, free, lockProblem } from "./claim.ts";
import type { RollbackInputs } from "./inputs.ts";
import type { Journal } from "./journal.ts";
import { isPair, type Parts, pairTrafficText, readPair, readWorld } from "./world.ts";

export interface Story {
  readonly inputs: RollbackInputs;
  readonly context: ActionContext;
  readonly parts: Parts;
  readonly journal: Journal;
  /** Absent in a dry run, which takes nothing. */
  readonly lease?: Lease;
}

/** What there is to undo, and how. */
export interface Task {
  readonly plan: RollbackPlan;
  readonly attempt: Attempt | undefined;
  readonly traffic: Traffic | undefined;
  /** Its text, for whoever has to go on with it. */
  readonly trafficText: string;
  readonly state: ReleaseState;
}

export type Situation =
  | { readonly kind: "task"; readonly task: Task }
  /** What serves is proven: only the state of its rollout is left to be closed. */
  | { readonly kind: "settled"; readonly sentence: string }
  /** Nothing is to be done. */
  | { readonly kind: "left"; readonly sentence: string }
  /** Nothing may be done, because of what is not known. */
  | { readonly kind: "unknown"; readonly sentence: string }
  | { readonly kind: "refused"; readonly sentence: string };

/** The attempt that is to be undone or carried on; a sentence where there is none and one is needed. */
export function attemptIn({ inputs, context }: Omit<Story, "lease">, state: ReleaseState) {
  const isOwnOnly = inputs.mode === "rollback" && inputs.isAutomatic;
  const cut = inputs.mode === "recover" ? cutAttempt(state) : undefined;
  const attempt = isOwnOnly ? attemptOfRun(state, context.run.runId) : (unfinishedAttempt(state) ?? cut);
  if (attempt !== undefined) return { attempt };
  if (isOwnOnly) return { nothing: "Nothing to undo: this run changed nothing that is not finished" };
  return inputs.mode === "recover" ? { nothing: "Nothing to recover: no rollout is under way" } : {};
}

/** Looks at records, Helm and route, and decides what is to be done. Changes nothing. */
export async function assess(story: Story): Promise<Situation> {
  const { inputs, context, parts, journal } = story;
  const state = await parts.store.read();
  const { attempt, nothing } = attemptIn(story, state);
  if (nothing !== undefined) return { kind: "left", sentence: nothing };
  const isOwnOnly = inputs.mode === "rollback" && inputs.isAutomatic;
  const claim = attempt === undefined || isOwnOnly ? free : await claimOf(story, attempt);
  if (inputs.mode === "recover" && claim.kind === "live")
    return { kind: "left", sentence: `Left alone: ${claim.reason}` };
  if (inputs.mode === "recover" && claim.kind === "unknown")
    return { kind: "unknown", sentence: `Left alone: ${claim.reason}` };
  if (isPair(state, inputs.release)) return assessPair(story, state, attempt);
  const trafficText = inputs.trafficText || (attempt?.rollout?.traffic ?? "");
  const traffic = await toTraffic(trafficText);
  const world = await readWorld(parts, inputs.release, traffic);
  const newest = lastRevision(world.history);
  if (inputs.mode === "recover" && attempt !== undefined && mayBeHealthy(attempt, newest, context.run.runId))
    return {
      kind: "left",
      sentence: `Left alone: run ${attempt.run.id} deployed revision ${newest?.revision} and never judged it; no rollout is under way`,
    };
  const locked = lockProblem(story, world, claim);
  if (locked !== undefined) return { kind: "refused", sentence: locked };
  if (claim.kind !== "free") journal.notes.push(`Taken out of its hands: ${claim.reason}`);
  return {
    kind: "task",
    task: { plan: planOf(story, world, attempt), attempt, traffic, trafficText, state },
  };
}

async function assessPair(
  story: Story,
  state: ReleaseState,
  attempt: Attempt | undefined,
): Promise<Situation> {
  const { inputs, parts } = story;
  const proven = provenRollout(story, state);
  if (proven !== undefined) return { kind: "settled", sentence: proven };
  const trafficText = inputs.trafficText || (attempt?.rollout?.traffic ?? pairTrafficText(inputs.release));
  const traffic = await toTraffic(trafficText);
  if (traffic === undefined) throw new Error("a pair has traffic");
  const world = await readPair(parts, inputs.release, traffic);
  const young = firstVersion(story, world, attempt);
  if (young !== undefined) return { kind: "left", sentence: young };
  const resumed = attempt === undefined ? undefined : resumedRollback(state, attempt);
  const request = requestOf(story, state);
  const isOwn = isAutomatic(inputs) && attempt !== undefined;
  const goal = resumed?.target?.digest ?? "";
  const plan = planColours(world, attempt, {
    ...request,
    ...(isOwn ? { handle: goal === "" ? { kind: "last-good" } : { kind: "digest", digest: goal } } : {}),
    ...(resumed === undefined ? {} : { allowUnverified: true }),
  });
  const undone = resumed?.undone ?? plan.undone;
  return {
    kind: "task",
    task: {
      plan: { ...plan, ...(undone === undefined ? {} : { undone }) },
      attempt,
      traffic,
      trafficText,
      state,
    },
  };
}

/** A pair whose new colour passed every gate before its run was lost: nobody flips that back without being asked to. */
function provenRollout({ inputs }: Story, { records, rollout }: ReleaseState): string | undefined {
  if (!isAutomatic(inputs) || rollout === undefined || rollout.phase === "aborting") return undefined;
  const record = records.find(({ id }) => id === rollout.record);
  if (record?.status !== "good") return undefined;
  return `${rollout.candidateRelease} is proven good and serves: what was left of its rollout is closed`;
}

/** The first version of a pair that came up in another run and was never judged: it may be healthy. */
function firstVersion(
  { inputs, context }: Story,
  { live, histories, release }: ColourWorld,
  attempt: Attempt | undefined,
): string | undefined {
  const rollout = attempt?.rollout;
  if (inputs.mode !== "recover" || rollout === undefined || rollout.stableRelease !== undefined)
    return undefined;
  const colour = colourOfRelease(release, rollout.candidateRelease);
  const isUp = colour !== undefined && lastRevision(histories[colour])?.status === "deployed";
  if (!isUp || live !== colour || rollout.run.id === context.run.runId) return undefined;
  return `Left alone: run ${rollout.run.id} deployed ${rollout.candidateRelease}, the first version, and never judged it`;
}

function isAutomatic({ isAutomatic: asked, mode }: RollbackInputs): boolean {
  return asked || mode === "recover";
}

function requestOf({ inputs }: Story, { holds }: ReleaseState): TargetRequest {
  return {
    handle: inputs.to,
    isAutomatic: isAutomatic(inputs),
    allowUnverified: inputs.allowUnverified,
    held: holds.map(({ digest }) => digest),
  };
}

function planOf(story: Story, world: RollbackWorld, attempt: Attempt | undefined): RollbackPlan {
  const { inputs } = story;
  const request = requestOf(story, world.state);
  const resumed = attempt === undefined ? undefined : resumedRollback(world.state, attempt);
  if (attempt === undefined) return planReturn(world, attempt, request);
  if (resumed === undefined)
    return isAutomatic(inputs)
      ? planUndo(world, attempt, { ...request, handle: { kind: "last-good" } })
      : planReturn(world, attempt, request);
  // A rollback that was cut short is carried on; what it undid is what is undone.
  const { record: _open, ...rest } = attempt;
  const base = { ...rest, ...(resumed.undone === undefined ? {} : { record: resumed.undone }) };
  const revision = resumed.target?.revision;
  if (!isAutomatic(inputs) || revision === undefined) return planReturn(world, base, request);
  const handle = { kind: "revision", revision } as const;
  return planReturn(world, base, { ...request, handle, allowUnverified: true });
}
