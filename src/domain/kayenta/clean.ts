import { percentile } from "./statistics.ts";

export function removeNaNs(values: readonly number[]): readonly number[] {
  return values.filter((value) => !Number.isNaN(value));
}

export function replaceNaNs(values: readonly number[], replacement: number): readonly number[] {
  return values.map((value) => (Number.isNaN(value) ? replacement : value));
}

export interface FenceRule {
  /** Multiples of the range between the quartiles. */
  readonly factor: number;
  /** Fences lie no closer than the 1st and 99th percentile: a rare error is then no outlier. */
  readonly reduceSensitivity: boolean;
}

/** Which values lie strictly outside the fences around the quartiles. */
export function outliers(
  values: readonly number[],
  { factor, reduceSensitivity }: FenceRule,
): readonly boolean[] {
  const [q1, q3] = [percentile(values, 25), percentile(values, 75)];
  const margin = factor * (q3 - q1);
  const low = reduceSensitivity ? Math.min(q1 - margin, percentile(values, 1)) : q1 - margin;
  const high = reduceSensitivity ? Math.max(q3 + margin, percentile(values, 99)) : q3 + margin;
  return values.map((value) => value < low || value > high);
}

export function removeOutliers(values: readonly number[], rule: FenceRule): readonly number[] {
  const out = outliers(values, rule);
  return values.filter((_, index) => out[index] !== true);
}
