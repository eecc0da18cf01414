import type { LogSums } from "./log-evidence.ts";

/**
 * A sequential sign test on paired intervals: where neither arm is higher more often than the other, a mixture of these
 * likelihood ratios is a martingale, whatever the values' distribution. Pairs must not hang together; see thinning.ts.
 */
const shares = [0.6, 0.7, 0.8, 0.9, 0.97];

export function startSigns(): LogSums {
  return shares.map(() => 0);
}

/** The sums after one more pair: whether what is to be shown held in it. A tie says nothing and is not added. */
export function addSign(sums: LogSums, held: boolean): LogSums {
  return shares.map((share, index) => (sums[index] ?? 0) + Math.log(2 * (held ? share : 1 - share)));
}
