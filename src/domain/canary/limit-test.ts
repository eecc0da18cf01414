import type { Counts } from "./counts.ts";
import { type LogSums, logOfMean } from "./log-evidence.ts";

/** A sequential test of the candidate's own rate against a limit, without a baseline. */
export interface LimitTest {
  /** The rate of the null hypothesis. */
  readonly limit: number;
  /** Rates whose likelihood is compared with the limit's, each with its part of the mixture. */
  readonly rates: readonly number[];
  readonly weights: readonly number[];
}

// Most of the mixture lies on a candidate without any error, so that 331 good requests show a rate below 1 % at 5 %;
// the rest keeps the test able to decide when there are some. Not zero itself, whose logarithm is no sum.
const underFractions = [1e-6, 0.2, 0.5, 0.75];
const underWeights = [5 / 8, 1 / 8, 1 / 8, 1 / 8];
const overMultiples = [1.25, 1.5, 2, 3, 5, 8, 12, 20, 50];

/** Collects evidence that the rate is below the limit. */
export function testUnderLimit(limit: number): LimitTest {
  return { limit, rates: underFractions.map((fraction) => fraction * limit), weights: underWeights };
}

/** Collects evidence that the rate exceeds the limit. */
export function testOverLimit(limit: number): LimitTest {
  const rates = overMultiples.map((multiple) => multiple * limit).filter((rate) => rate < 1);
  return { limit, rates, weights: rates.map(() => 1) };
}

export function startLimit(test: LimitTest): LogSums {
  return test.rates.map(() => 0);
}

/** The sums after one more batch of the candidate's requests. */
export function addToLimit(test: LimitTest, sums: LogSums, { bad, total }: Counts): LogSums {
  if (!(total > 0)) return sums;
  const good = total - bad;
  return test.rates.map((rate, index) => {
    const gained = bad * Math.log(rate / test.limit) + good * (Math.log1p(-rate) - Math.log1p(-test.limit));
    return (sums[index] ?? 0) + gained;
  });
}

export function logOfLimit(test: LimitTest, sums: LogSums): number {
  return logOfMean(sums, test.weights);
}
