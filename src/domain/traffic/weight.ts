import { ConfigError } from "../../core/errors.ts";

/** Refuses what is not a share in whole percent. */
export function mustBeWeight(percent: number): void {
  if (Number.isInteger(percent) && percent >= 0 && percent <= 100) return;
  throw new ConfigError(`Weight must be a whole number from 0 to 100: got "${percent}"`);
}

/** A share for people: whole, or with one decimal. */
export function formatPercent(percent: number): string {
  return `${Math.round(percent * 10) / 10}`;
}
