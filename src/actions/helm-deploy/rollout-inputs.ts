import { ConfigError } from "../../core/errors.ts";
import type { Graces } from "../../domain/rollout/signal.ts";
import type { Runner } from "../../platform/github-runner.ts";
import { boolean, durationMs, optional } from "../../platform/inputs.ts";

/** What a rollout is given: patience with passing troubles, the watch after a switch, and what the data demands. */
export interface RolloutRules {
  readonly graces: Graces;
  /** Milliseconds both colours stay up after a blue-green switch. */
  readonly watchMs: number;
  /** Deploy although nothing would change. */
  readonly force: boolean;
  readonly schemaLevel?: number;
}

const longestMs = 3_600_000;

export function readRolloutRules(runner: Runner): RolloutRules {
  const schemaLevel = optional(runner, "schema-level");
  if (schemaLevel !== undefined && !/^\d{1,9}$/.test(schemaLevel))
    throw new ConfigError(`Input "schema-level" must be a whole number: got "${schemaLevel}"`);
  return {
    graces: {
      unschedulableMs: upToAnHour(runner, "grace-unschedulable", durationMs(runner, "grace-unschedulable")),
      quotaMs: upToAnHour(runner, "grace-quota", durationMs(runner, "grace-quota")),
      pullMs: upToAnHour(runner, "grace-pull", durationMs(runner, "grace-pull")),
    },
    watchMs: upToAnHour(runner, "watch-time", durationMs(runner, "watch-time")),
    force: boolean(runner, "force"),
    ...(schemaLevel === undefined ? {} : { schemaLevel: Number(schemaLevel) }),
  };
}

function upToAnHour(runner: Runner, name: string, ms: number): number {
  if (ms <= longestMs) return ms;
  throw new ConfigError(`Input "${name}" must be from 0s to 1h: got "${runner.get(name)}"`);
}
