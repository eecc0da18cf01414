/** Natural logarithms of evidence, one for each alternative of a test. They only ever add up, so a test resumes from them. */
export type LogSums = readonly number[];

/** Log of the weighted mean of e^sum: the evidence of a mixture. Without alternatives there is no evidence (0). */
export function logOfMean(sums: LogSums, weights?: readonly number[]): number {
  if (sums.length === 0) return 0;
  const largest = Math.max(...sums);
  const total = sums.reduce((sum, _, index) => sum + weightAt(weights, index, sums.length), 0);
  const mean = sums.reduce(
    (sum, value, index) => sum + (weightAt(weights, index, sums.length) / total) * Math.exp(value - largest),
    0,
  );
  return largest + Math.log(mean);
}

function weightAt(weights: readonly number[] | undefined, index: number, count: number): number {
  return weights?.[index] ?? 1 / count;
}

/** The bound on a chance that log evidence stands for: p = min(1, 1/M). */
export function pValueOf(logEvidence: number): number {
  return Math.min(1, Math.exp(-logEvidence));
}
