import { parseDurationMs } from "../core/duration.ts";
import { ConfigError } from "../core/errors.ts";
import type { InputReader } from "./github-runner.ts";

export function required(inputs: InputReader, name: string): string {
  const text = inputs.get(name);
  if (text !== "") return text;
  throw new ConfigError(`Input "${name}" is required: got nothing`);
}

export function optional(inputs: InputReader, name: string): string | undefined {
  const text = inputs.get(name);
  return text === "" ? undefined : text;
}

/** Refuses the first of these inputs that was given anything. */
export function refuseGiven(
  inputs: InputReader,
  names: readonly string[],
  why: (name: string, text: string) => string,
): void {
  for (const name of names) {
    const text = optional(inputs, name);
    if (text !== undefined) throw new ConfigError(why(name, text));
  }
}

export function number(inputs: InputReader, name: string, range: { min: number; max: number }): number {
  const text = required(inputs, name);
  const value = Number(text);
  if (value >= range.min && value <= range.max) return value;
  throw new ConfigError(`Input "${name}" must be a number from ${range.min} to ${range.max}: got "${text}"`);
}

export function integer(inputs: InputReader, name: string, range: { min: number; max: number }): number {
  const value = number(inputs, name, range);
  if (Number.isInteger(value)) return value;
  throw new ConfigError(`Input "${name}" must be a whole number: got "${value}"`);
}

export function boolean(inputs: InputReader, name: string): boolean {
  const text = required(inputs, name);
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  throw new ConfigError(`Input "${name}" must be true or false: got "${text}"`);
}

export function oneOf<const T extends string>(inputs: InputReader, name: string, allowed: readonly T[]): T {
  const text = required(inputs, name);
  const found = allowed.find((one) => one === text);
  if (found !== undefined) return found;
  throw new ConfigError(`Input "${name}" must be one of ${allowed.join(", ")}: got "${text}"`);
}

/** Milliseconds, from a duration such as 90s, 5m or 1h30m. */
export function durationMs(inputs: InputReader, name: string): number {
  return parseDurationMs(name, required(inputs, name));
}

/** One entry a line; empty lines are left out. */
export function lines(inputs: InputReader, name: string): readonly string[] {
  return inputs
    .get(name)
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** Entries separated by commas or line ends. */
export function list(inputs: InputReader, name: string): readonly string[] {
  return lines(inputs, name)
    .flatMap((line) => line.split(","))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

export function url(inputs: InputReader, name: string): URL {
  const text = required(inputs, name);
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return new URL(text);
  throw new ConfigError(`Input "${name}" must be an http or https URL: got "${text}"`);
}
