import { type ArmCounts, addArmCounts, againstTolerated, arePlausible, noArmCounts } from "./counts.ts";
import { addToLimit, type LimitTest, startLimit, testOverLimit, testUnderLimit } from "./limit-test.ts";
import type { LogSums } from "./log-evidence.ts";
import {
  addToRatio,
  type RatioTest,
  startRatio,
  testAgainstRatio,
  testForMoreErrors,
  testForSlowerRequests,
} from "./ratio-test.ts";

/** The tests that one stream of good and bad requests is put to. */
export interface StreamTests {
  readonly worse: RatioTest;
  readonly notWorse: RatioTest;
  readonly over: LimitTest | undefined;
  readonly under: LimitTest | undefined;
}

/** What is known of a stream: sums of log evidence, and counts by stratum. Plain data, so that a judgement resumes. */
export interface StreamState {
  readonly worse: LogSums;
  readonly notWorse: LogSums;
  readonly over: LogSums;
  readonly under: LogSums;
  /** Counts that wait until both arms have requests. */
  readonly waiting: Readonly<Record<string, ArmCounts>>;
  readonly strata: Readonly<Record<string, ArmCounts>>;
}

/** Less than a tenth of a percentage point more is no reason to stop a release, however certain it is. */
export const minimumExcess = 0.001;

export interface StreamRule {
  readonly kind: "errors" | "latency";
  readonly toleratedRatio: number;
  readonly unacceptableRatio: number;
  /** The allowed share of bad requests. */
  readonly limit: number | undefined;
}

export function testsOf(rule: StreamRule): StreamTests {
  const { kind, toleratedRatio, unacceptableRatio, limit } = rule;
  const hasLimit = limit !== undefined && limit > 0 && limit + minimumExcess < 1;
  // Versions without errors cannot be compared by a ratio. A candidate under the smallest excess cannot exceed anything
  // by it, so that a service without errors passes with or without a limit.
  const under = hasLimit ? limit : kind === "errors" && limit === undefined ? minimumExcess : undefined;
  return {
    worse: kind === "errors" ? testForMoreErrors(toleratedRatio) : testForSlowerRequests(),
    notWorse: testAgainstRatio(unacceptableRatio),
    over: hasLimit ? testOverLimit(limit + minimumExcess) : undefined,
    under: under === undefined ? undefined : testUnderLimit(under),
  };
}

export function startStream(tests: StreamTests): StreamState {
  return {
    worse: startRatio(tests.worse),
    notWorse: startRatio(tests.notWorse),
    over: tests.over === undefined ? [] : startLimit(tests.over),
    under: tests.under === undefined ? [] : startLimit(tests.under),
    waiting: {},
    strata: {},
  };
}

/** The state after one more batch of a stratum. Strata, one for each traffic weight, are never pooled. */
export function addBatch(
  tests: StreamTests,
  state: StreamState,
  { stratum, counts }: { readonly stratum: string; readonly counts: ArmCounts },
): StreamState {
  const waited = addArmCounts(state.waiting[stratum] ?? noArmCounts, counts);
  // Scrapes of the two arms fall at different moments. A batch with requests of one arm alone would say nothing and its
  // errors would be lost, so it waits for the other; when that is over depends on requests only, which keeps the test exact.
  const isWhole = waited.candidate.total > 0 && waited.baseline.total > 0;
  const { candidate } = counts;
  return {
    worse: isWhole ? addToRatio(tests.worse, state.worse, againstTolerated(waited)) : state.worse,
    notWorse: isWhole ? addToRatio(tests.notWorse, state.notWorse, waited) : state.notWorse,
    over: tests.over === undefined ? [] : addToLimit(tests.over, state.over, candidate),
    under: tests.under === undefined ? [] : addToLimit(tests.under, state.under, candidate),
    waiting: { ...state.waiting, [stratum]: isWhole ? noArmCounts : waited },
    strata: { ...state.strata, [stratum]: addArmCounts(state.strata[stratum] ?? noArmCounts, counts) },
  };
}

/** Both arms' counts over all strata: for showing, never for testing. */
export function totalsOf(state: StreamState): ArmCounts {
  return Object.values(state.strata).reduce(addArmCounts, noArmCounts);
}

/** How much larger the candidate's share of bad requests is than tolerated at the same weights. NaN without requests. */
export function excessOf(state: StreamState): number {
  const strata = Object.values(state.strata).map(againstTolerated);
  const comparable = strata.filter(({ candidate, baseline }) => candidate.total > 0 && baseline.total > 0);
  const requests = comparable.reduce((sum, { candidate }) => sum + candidate.total, 0);
  const excess = comparable.reduce(
    (sum, { candidate, baseline }) => sum + candidate.bad - (candidate.total * baseline.bad) / baseline.total,
    0,
  );
  return excess / requests;
}

export function isPlausible(state: StreamState): boolean {
  return Object.values(state.strata).every(
    ({ candidate, baseline }) => arePlausible(candidate) && arePlausible(baseline),
  );
}
