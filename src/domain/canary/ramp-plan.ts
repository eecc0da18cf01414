import { formatMs, parseDurationMs } from "../../core/duration.ts";
import { ConfigError } from "../../core/errors.ts";

/** One step of a ramp as it is planned: a share of traffic in percent, and how long it is looked at. */
export interface PlannedStep {
  readonly weight: number;
  readonly holdMs: number;
}

/** Steps at equal distances. The last is the last below 100: at 100 there is no baseline to compare with. */
export function evenSteps(start: number, step: number, holdMs: number): readonly PlannedStep[] {
  const steps: PlannedStep[] = [];
  for (let weight = start; weight < 100; weight += step) steps.push({ weight, holdMs });
  return steps;
}

const stepPattern = /^(\d+)\s*%?\s*(?:@\s*(\S+))?$/;

/** Reads steps such as `5, 10, 25, 50@30m`: shares that rise, each with the time it is held where that differs. */
export function parseSteps(name: string, entries: readonly string[], holdMs: number): readonly PlannedStep[] {
  const steps = entries.map((entry) => parseStep(name, entry, holdMs));
  if (steps.length === 0) throw new ConfigError(`Input "${name}" must be a list of percentages: got nothing`);
  for (const [index, { weight }] of steps.entries()) {
    const before = steps[index - 1]?.weight;
    if (before !== undefined && weight <= before)
      throw new ConfigError(`Input "${name}" must rise from step to step: got ${weight} after ${before}`);
  }
  return steps;
}

function parseStep(name: string, entry: string, holdMs: number): PlannedStep {
  const found = stepPattern.exec(entry);
  if (found === null)
    throw new ConfigError(`Input "${name}" must be a list such as 5, 10, 25, 50@30m: got "${entry}"`);
  const weight = Number(found[1]);
  if (weight === 100)
    throw new ConfigError(
      `Input "${name}" must stay below 100, where nothing is left to compare with: got "${entry}"`,
    );
  if (!(weight >= 1 && weight < 100))
    throw new ConfigError(`Input "${name}" must hold whole percentages from 1 to 99: got "${entry}"`);
  const text = found[2];
  return { weight, holdMs: text === undefined ? holdMs : parseDurationMs(name, text) };
}

/** The steps as they are written: `5, 10, 50@30m`, with the time of each that differs from the first. */
export function describeSteps(steps: readonly PlannedStep[]): string {
  const [first] = steps;
  const shown = steps.map(({ weight, holdMs }) =>
    holdMs === first?.holdMs ? `${weight}` : `${weight} for ${formatMs(holdMs)}`,
  );
  return `${shown.join(", ")} %`;
}
