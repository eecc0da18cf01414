import { formatMs } from "../../core/duration.ts";
import { ConfigError } from "../../core/errors.ts";
import { evenSteps, type PlannedStep, parseSteps } from "../../domain/canary/ramp-plan.ts";
import type { InputReader } from "../../platform/github-runner.ts";
import { boolean, durationMs, integer, list } from "../../platform/inputs.ts";

/** How a ramp rises. */
export interface RampPlan {
  readonly steps: readonly PlannedStep[];
  /** Whether a pass ends the ramp before its last step. */
  readonly promotesEarly: boolean;
}

/** The defaults of action.yml of the inputs that a list of steps stands in place of; a contract test compares them. */
export const evenDefaults = { "start-weight": "5", "step-weight": "10", "step-interval": "15m" } as const;

const longestMs = 24 * 3_600_000;

export function readPlan(inputs: InputReader, intervalMs: number): RampPlan {
  const range = { min: 1, max: 99 };
  const even = evenSteps(
    integer(inputs, "start-weight", range),
    integer(inputs, "step-weight", range),
    durationMs(inputs, "step-interval"),
  );
  const isListed = inputs.get("steps").trim() !== "";
  if (isListed) refuseEven(inputs);
  const steps = isListed ? parseSteps("steps", list(inputs, "steps"), even[0]?.holdMs ?? longestMs) : even;
  const name = isListed ? "steps" : "step-interval";
  for (const { holdMs } of steps) mustLast(holdMs, intervalMs, name);
  return { steps, promotesEarly: boolean(inputs, "early-promotion") };
}

/** Two ways to say the same thing would leave open which one holds. */
function refuseEven(inputs: InputReader): void {
  for (const [name, usual] of Object.entries(evenDefaults)) {
    const given = inputs.get(name);
    if (given === usual) continue;
    throw new ConfigError(
      `Input "${name}" must not be given beside steps, which say their own shares and times: got "${given}"`,
    );
  }
}

function mustLast(holdMs: number, intervalMs: number, name: string): void {
  if (!(holdMs >= 1000 && holdMs <= longestMs))
    throw new ConfigError(`Input "${name}" must hold each step from 1s to 24h: got ${formatMs(holdMs)}`);
  if (holdMs >= intervalMs) return;
  throw new ConfigError(
    `Input "${name}" must not be shorter than interval (${formatMs(intervalMs)}): got ${formatMs(holdMs)}`,
  );
}
