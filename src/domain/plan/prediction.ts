import { at, numberAt, textAt } from "../../core/json.ts";
import type { DeployRecord, Strategy } from "../record/record.ts";
import { type ManifestObject, workloadObjects } from "../release/manifest.ts";

/** A predicted time with where it comes from, since a guess must not read like a measurement. */
export interface Prediction {
  readonly seconds: number;
  readonly basis: "measured" | "estimated" | "removal";
  readonly how: string;
}

/** How long the rollout of this manifest will take: the slowest of the last five, else an estimate. */
export function predictRollout(
  records: readonly DeployRecord[],
  objects: readonly ManifestObject[],
): Prediction {
  const times = records.flatMap(({ rolloutSeconds }) => rolloutSeconds ?? []).slice(0, 5);
  if (times.length > 0) {
    const seconds = Math.ceil(Math.max(...times));
    return { seconds, basis: "measured", how: `the slowest of the last ${times.length} rollouts` };
  }
  return estimate(objects);
}

// Image check, Helm's own work and a look at the answer.
const rollbackOverheadSeconds = 5;

/** How long the way back will take from the moment it is decided. */
export function predictRollback(
  rollout: Prediction,
  way: { readonly strategy: Strategy; readonly isFirst: boolean },
): Prediction {
  if (way.isFirst) return { seconds: 0, basis: "removal", how: "there is no earlier version to return to" };
  if (way.strategy === "canary")
    return {
      seconds: 5,
      basis: "estimated",
      how: `one change of weight while the candidate is tried; ${rollout.seconds + rollbackOverheadSeconds} s once it is promoted`,
    };
  if (way.strategy === "blue-green")
    return {
      seconds: 5,
      basis: "estimated",
      how: `one switch back while both colours are up; ${rollout.seconds + rollbackOverheadSeconds} s once the old one is removed`,
    };
  return { ...rollout, seconds: rollout.seconds + rollbackOverheadSeconds };
}

// The defaults of canary-analyze: 5 %, then 10 % more every 15 min, up to 95 %.
const defaultRampMinutes = 150;

/** The least time from the start of the deploy until everything is served by the new version, as one sentence. */
export function minimumTime(strategy: Strategy, rollout: Prediction, watchMs: number): string | undefined {
  if (strategy === "canary")
    return `twice the rollout, ${rollout.seconds * 2} s, and the ramp between: ${defaultRampMinutes} min with the steps that canary-analyze has by default`;
  if (strategy === "blue-green")
    return `the rollout, ${rollout.seconds} s, one switch, and a watch time of ${Math.round(watchMs / 1000)} s`;
  return undefined;
}

const guessedStartSeconds = 8;

function estimate(objects: readonly ManifestObject[]): Prediction {
  const waves = workloadObjects(objects).map(wavesOf);
  const most = Math.max(1, ...waves.map((one) => one.waves));
  const start = Math.max(guessedStartSeconds, ...waves.map((one) => one.startSeconds));
  const seconds = Math.ceil(most * start);
  return {
    seconds,
    basis: "estimated",
    how: `${most} wave(s) of pods at about ${start} s each, nothing measured yet`,
  };
}

function wavesOf({ body }: ManifestObject): { readonly waves: number; readonly startSeconds: number } {
  const replicas = numberAt(body, "spec", "replicas") ?? 1;
  const rolling = at(body, "spec", "strategy", "rollingUpdate");
  const surge = share(at(rolling, "maxSurge"), replicas, Math.ceil);
  const unavailable = share(at(rolling, "maxUnavailable"), replicas, Math.floor);
  const isDeployment = textAt(body, "kind") === "Deployment";
  const width = isDeployment ? Math.max(1, surge + unavailable) : 1;
  const minReady = numberAt(body, "spec", "minReadySeconds") ?? 0;
  return { waves: Math.max(1, Math.ceil(replicas / width)), startSeconds: guessedStartSeconds + minReady };
}

function share(value: unknown, of: number, round: (value: number) => number): number {
  if (typeof value === "number") return value;
  const percent = typeof value === "string" && value.endsWith("%") ? Number(value.slice(0, -1)) : 25;
  return round((percent / 100) * of);
}
