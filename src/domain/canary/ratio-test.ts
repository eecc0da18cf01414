import type { ArmCounts } from "./counts.ts";
import type { LogSums } from "./log-evidence.ts";

/**
 * A sequential test of "candidate rate / baseline rate" against one ratio. Whatever the rates, the split of traffic and
 * the size of the batches, the evidence under a true null expects at most 1 at every look, so it may be looked at as
 * often as one likes: it exceeds 1/alpha with a chance of at most alpha.
 */
export interface RatioTest {
  /** The ratio of the null hypothesis. */
  readonly ratio: number;
  /** Alternatives as multiples of that ratio: above 1 to show a worse candidate, below 1 to rule one out. */
  readonly multiples: readonly number[];
}

const worseRates = [1.25, 1.5, 2, 3, 5, 8, 12, 20, 50];
// Slowness is common where errors are rare: a bound that a third of the requests exceed cannot grow twentyfold.
const worseShares = [1.05, 1.1, 1.25, 1.5, 2, 3, 5];
const betterMultiples = [0.2, 0.33, 0.5, 0.7, 0.85];

/** Collects evidence that errors are more than `tolerated` times as frequent in the candidate. */
export function testForMoreErrors(tolerated: number): RatioTest {
  return testAbove(tolerated, worseRates);
}

/** Collects evidence that slow requests are more frequent in the candidate than tolerated. */
export function testForSlowerRequests(): RatioTest {
  return testAbove(1, worseShares);
}

/** Collects evidence against a candidate that is `unacceptable` times as bad, or worse. */
export function testAgainstRatio(unacceptable: number): RatioTest {
  return { ratio: unacceptable, multiples: betterMultiples };
}

function testAbove(tolerated: number, alternatives: readonly number[]): RatioTest {
  const above = alternatives.filter((alternative) => alternative > tolerated);
  return { ratio: tolerated, multiples: above.map((alternative) => alternative / tolerated) };
}

export function startRatio(test: RatioTest): LogSums {
  return test.multiples.map(() => 0);
}

/** The sums after one more batch. A batch must come from one split of traffic; without requests of both arms it says nothing. */
export function addToRatio(test: RatioTest, sums: LogSums, { candidate, baseline }: ArmCounts): LogSums {
  if (!(candidate.total > 0 && baseline.total > 0)) return sums;
  const bad = candidate.bad + baseline.bad;
  const share = (test.ratio * candidate.total) / (test.ratio * candidate.total + baseline.total);
  return test.multiples.map((multiple, index) => {
    const gained = candidate.bad * Math.log(multiple) - bad * Math.log1p(share * (multiple - 1));
    return (sums[index] ?? 0) + gained;
  });
}
