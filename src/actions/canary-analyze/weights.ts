import { ConfigError, messageOf, OutsideError } from "../../core/errors.ts";
import type { Json } from "../../core/json.ts";
import type { KeptRamp } from "../../domain/canary/saved-ramp.ts";
import {
  isForeign,
  type ReleaseState,
  type RolloutState,
  withoutRamp,
  withRollout,
} from "../../domain/record/state.ts";
import type { Traffic } from "../../domain/traffic/traffic.ts";
import type { RecordStore } from "../../platform/record-store.ts";
import type { TrafficSwitch, WeightSet } from "../../platform/traffic.ts";
import { type Confirmation, type ConfirmLimits, confirmWeight } from "../../platform/traffic-confirm.ts";

export interface RaiseLimits {
  /** After it, and with this run ended, anyone may bring the rollout home. */
  readonly expiresMs: number;
  /** How far the ramp has come, written down together with the share that is meant. */
  readonly ramp: Json;
  readonly signal: AbortSignal;
}

/** The candidate's share of traffic, of which this run is the owner. */
export interface Weights {
  /** Refuses a release whose candidate this run may not give traffic. Changes nothing. */
  check(...steps: readonly number[]): Promise<void>;
  current(): Promise<number>;
  /** What the cluster keeps of a ramp of this candidate. */
  kept(): Promise<KeptRamp>;
  /**
   * Sees to it that the candidate can carry the share, writes down what is meant, sets it and confirms it by real
   * answers. Returns what they said.
   */
  raise(percent: number, limits: RaiseLimits): Promise<string>;
  /** Lets the candidate grow where the stable version has. Never ends the share. */
  sustain(percent: number): Promise<void>;
  /** Writes down how far the ramp has come, unless its share is not ours any more. */
  keep(percent: number, progress: Pick<RaiseLimits, "expiresMs" | "ramp">): Promise<void>;
  /** Takes all traffic from the candidate and confirms it, within the time. After it no ramp can be gone on with. */
  home(budgetMs: number): Promise<string>;
}

export interface WeightParts {
  readonly traffic: Traffic;
  readonly switch: TrafficSwitch;
  readonly store: RecordStore;
  readonly release: string;
  readonly run: RolloutState["run"];
  /** The digest this run was told to judge. */
  readonly digest?: string;
  readonly confirm?: (
    confirm: NonNullable<Traffic["confirm"]>,
    limits: ConfirmLimits,
  ) => Promise<Confirmation>;
  readonly now: () => number;
  /** Brings the candidate to the ready pods that a share needs. Absent where the shares are the pods themselves. */
  readonly carry?: (candidateRelease: string, percent: number, signal: AbortSignal) => Promise<void>;
  /** Lets the candidate grow with the stable version while it has its share. */
  readonly sustain?: (candidateRelease: string, percent: number) => Promise<void>;
}

export function weightsOf(parts: WeightParts): Weights {
  const intend = (change: Pick<RolloutState, "phase" | "weight" | "expiresAt" | "ramp">) =>
    parts.store.update((state) =>
      withRollout(state, { ...withoutRamp(ownRollout(state, parts)), ...change, run: parts.run }),
    );
  return {
    check: async (...steps) => {
      ownRollout(await parts.store.read(), parts);
      const [problem] = await parts.switch.problems(...steps);
      if (problem !== undefined) throw new ConfigError(problem);
    },
    current: () => parts.switch.readWeight(),
    kept: async () => keptOf(ownRollout(await parts.store.read(), parts)),
    keep: async (percent, { expiresMs, ramp }) => {
      const expiresAt = new Date(expiresMs).toISOString();
      await parts.store.update((state) => {
        const { rollout } = state;
        const isOurs =
          rollout?.phase === "ramping" && rollout.weight === percent && !isForeign(rollout, parts.run);
        return isOurs ? withRollout(state, { ...rollout, expiresAt, ramp }) : state;
      });
    },
    raise: async (percent, { expiresMs, ramp, signal }) => {
      if (parts.carry !== undefined) {
        const { candidateRelease } = ownRollout(await parts.store.read(), parts);
        await parts.carry(candidateRelease, percent, signal);
      }
      const expiresAt = new Date(expiresMs).toISOString();
      // Written before the change, so that whoever finds this run dead knows how far it may have gone.
      await intend({ phase: "ramping", weight: percent, expiresAt, ramp });
      signal.throwIfAborted();
      // Whole pods cannot express every share: what is confirmed is the one that was reached.
      const reached = await parts.switch.setWeight(percent, { signal });
      return await confirmed(parts, reached, { budgetMs: 30_000, signal });
    },
    sustain: async (percent) => {
      if (parts.sustain === undefined) return;
      const { rollout } = await parts.store.read();
      if (rollout !== undefined) await parts.sustain(rollout.candidateRelease, percent);
    },
    home: async (budgetMs) => {
      const deadline = parts.now() + budgetMs;
      const reached = await setZero(parts, deadline).catch(async (error: unknown) => {
        // What this ramp has judged must not be gone on with, whoever brings the traffic home.
        await forget(parts).catch(() => undefined);
        throw error;
      });
      const said = await confirmed(parts, reached, {
        budgetMs: Math.max(1000, (deadline - parts.now()) / 2),
      });
      const expiresAt = new Date(parts.now()).toISOString();
      await intend({ phase: "candidate", weight: 0, expiresAt });
      return said;
    },
  };
}

function keptOf({ phase, expiresAt, digest, record, ramp }: RolloutState): KeptRamp {
  const kept = { phase, expiresMs: Date.parse(expiresAt), candidate: `${digest} of ${record}` };
  return ramp === undefined ? kept : { ...kept, ramp };
}

async function forget({ store, run }: WeightParts): Promise<void> {
  await store.update((state) => {
    const { rollout } = state;
    if (rollout?.ramp === undefined || isForeign(rollout, run)) return state;
    return withRollout(state, withoutRamp(rollout));
  });
}

/** The rollout in the cluster, if it is this run's to raise. */
function ownRollout(state: ReleaseState, { release, run, digest }: WeightParts): RolloutState {
  const { rollout } = state;
  if (rollout === undefined) {
    throw new OutsideError(
      `Release ${release} has no candidate: deploy it with helm-deploy and strategy canary`,
    );
  }
  if (isForeign(rollout, run)) {
    throw new OutsideError(
      `Release ${release} is being rolled out by run ${rollout.run.id}: its weight is not ours to set`,
    );
  }
  if (digest !== undefined && rollout.digest !== digest) {
    throw new OutsideError(`The candidate of release ${release} is ${rollout.digest}, not ${digest}`);
  }
  return rollout;
}

async function confirmed(
  { traffic, switch: route, confirm = confirmWeight }: WeightParts,
  { percent, sentence: told }: WeightSet,
  limits: Omit<ConfirmLimits, "percent">,
): Promise<string> {
  if (traffic.confirm === undefined) {
    const weight = await route.readWeight();
    // Pods come and go between two looks; a share of nothing is exact.
    if (Math.abs(weight - percent) <= (percent === 0 ? 0 : 1)) return told;
    throw new OutsideError(`Weight ${percent} was set, and the route has ${weight}`);
  }
  const { decision, sentence } = await confirm(traffic.confirm, { ...limits, percent });
  if (decision === "confirmed") return sentence;
  throw new OutsideError(`Weight ${percent} was not borne out by real answers: ${sentence}`);
}

async function setZero({ switch: route, now }: WeightParts, deadline: number): Promise<WeightSet> {
  for (;;) {
    try {
      return await route.setWeight(0, { budgetMs: Math.max(1000, (deadline - now()) / 2) });
    } catch (error) {
      if (error instanceof ConfigError || now() + 1000 >= deadline) {
        throw new OutsideError(`Weight 0 could not be set: ${messageOf(error)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}
