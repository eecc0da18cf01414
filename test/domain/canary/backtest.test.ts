import { expect, test } from "vitest";
import { fail, inconclusive, pass } from "../../../src/core/verdict.ts";
import { type Backtest, foundBy } from "../../../src/domain/canary/backtest.ts";
import type { Past, PretendEnd, PretendPlan } from "../../../src/domain/canary/backtest-release.ts";
import { splitBuckets, splitErrors } from "../../../src/domain/canary/backtest-split.ts";
import { durationText, suggestionYaml } from "../../../src/domain/canary/backtest-suggest.ts";
import { shareInterval, type Tally, tallyOf } from "../../../src/domain/canary/backtest-tally.ts";
import { backtestVerdict, findingOf } from "../../../src/domain/canary/backtest-verdict.ts";
import { evenSteps } from "../../../src/domain/canary/ramp-plan.ts";
import { seeded } from "../../../src/domain/canary/seeded.ts";
import { errorRate, unlimited } from "./looks.ts";

const sum = (values: readonly number[]) => values.reduce((total, one) => total + one, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;
const spread = (values: readonly number[]) => mean(values.map((one) => (one - mean(values)) ** 2));

test("seeded() draws binomial numbers of the right mean and spread, few and many", () => {
  for (const [n, rate] of [
    [40, 0.1],
    [10_000, 0.3],
    [1_000_000, 0.9],
  ] as const) {
    const random = seeded(n);
    const drawn = Array.from({ length: 4000 }, () => random.binomial(n, rate));
    const error = Math.sqrt((n * rate * (1 - rate)) / drawn.length);
    expect(Math.abs(mean(drawn) - n * rate)).toBeLessThan(5 * error);
    expect(spread(drawn) / (n * rate * (1 - rate))).toBeGreaterThan(0.85);
    expect(spread(drawn) / (n * rate * (1 - rate))).toBeLessThan(1.15);
    expect(Math.max(...drawn)).toBeLessThanOrEqual(n);
  }
});

const counts = { bad: 6, total: 1000 };
const traits = (clump: number) => ({ clumps: { errors: clump }, errorShare: 0.006 });

test("splitErrors() loses and invents nothing", () => {
  const split = splitErrors({ random: seeded(1), traits: traits(3), quietBins: 4 });
  for (let look = 0; look < 200; look++) {
    const { candidate, baseline } = split(counts, 0.25);
    expect((candidate.bad ?? 0) + (baseline.bad ?? 0)).toBe(6);
    expect((candidate.total ?? 0) + (baseline.total ?? 0)).toBe(1000);
    expect(candidate.bad).toBeLessThanOrEqual(candidate.total ?? 0);
  }
});

test("splitErrors() deals out single errors by weight, and bursts as a whole", () => {
  const badOf = (clump: number) => {
    const split = splitErrors({ random: seeded(2), traits: traits(clump), quietBins: 4 });
    return Array.from({ length: 4000 }, () => split(counts, 0.25).candidate.bad ?? 0);
  };
  const [single, burst] = [badOf(1), badOf(6)];
  expect(mean(single)).toBeCloseTo(1.5, 0);
  expect(mean(burst)).toBeCloseTo(1.5, 0);
  expect(spread(single)).toBeCloseTo(6 * 0.25 * 0.75, 0);
  // Six that stay together vary six times as much.
  expect(spread(burst) / spread(single)).toBeGreaterThan(4.5);
});

test("splitErrors() keeps a burst together over neighbouring intervals, and ends it after a quiet time", () => {
  const split = splitErrors({ random: seeded(3), traits: traits(4), quietBins: 2 });
  for (let burst = 0; burst < 100; burst++) {
    const seen = [1, 1, 1, 1].map(() => split({ bad: 1, total: 100 }, 0.5).candidate.bad);
    expect(new Set(seen).size).toBe(1);
    split({ bad: 0, total: 100 }, 0.5);
    split({ bad: 0, total: 100 }, 0.5);
  }
});

test.each([1, 5])("splitErrors() injects so many times the errors, in clumps of %i", (clump) => {
  const regression = { kind: "errors", ratio: 4 } as const;
  const split = splitErrors({ random: seeded(4), traits: traits(clump), regression, quietBins: 4 });
  const looks = Array.from({ length: 8000 }, () => split(counts, 0.5));
  const shareOf = (arm: "candidate" | "baseline") =>
    sum(looks.map((look) => look[arm].bad ?? 0)) / sum(looks.map((look) => look[arm].total ?? 0));
  expect(shareOf("candidate") / shareOf("baseline")).toBeGreaterThan(3.7);
  expect(shareOf("candidate") / shareOf("baseline")).toBeLessThan(4.3);
});

const bounds = [0.1, 0.2, 0.4];
const buckets = { "0.1": 400, "0.2": 700, "0.4": 900, Infinity: 1000 };

test("splitBuckets() gives two histograms that add up to the one", () => {
  const split = splitBuckets(
    { random: seeded(5), traits: { clumps: { "0.2": 3 }, errorShare: 0 }, quietBins: 4 },
    bounds,
  );
  const { candidate, baseline } = split(buckets, 0.3);
  for (const [bound, count] of Object.entries(buckets))
    expect((candidate[bound] ?? 0) + (baseline[bound] ?? 0)).toBe(count);
});

test("splitBuckets() makes every response so many times as slow", () => {
  const regression = { kind: "latency", ratio: 2 } as const;
  const rule = { random: seeded(6), traits: { clumps: {}, errorShare: 0 }, regression, quietBins: 4 };
  const split = splitBuckets(rule, bounds);
  const looks = Array.from({ length: 2000 }, () => split(buckets, 0.5).candidate);
  const shareAt = (bound: string) =>
    sum(looks.map((one) => one[bound] ?? 0)) / sum(looks.map((one) => one.Infinity ?? 0));
  // Twice as slow, what was within 0.05, 0.1 and 0.2 s is within 0.1, 0.2 and 0.4 s.
  expect(shareAt("0.1")).toBeCloseTo(0.2, 2);
  expect(shareAt("0.2")).toBeCloseTo(0.4, 2);
  expect(shareAt("0.4")).toBeCloseTo(0.7, 2);
});

test.each([
  { hits: 0, trials: 60, low: 0, high: 0.0596 },
  { hits: 3, trials: 60, low: 0.0104, high: 0.1392 },
  { hits: 10, trials: 10, low: 0.6915, high: 1 },
])("shareInterval() of $hits in $trials is Clopper and Pearson's", ({ hits, trials, low, high }) => {
  const interval = shareInterval(hits, trials);
  expect(interval.low).toBeCloseTo(low, 3);
  expect(interval.high).toBeCloseTo(high, 3);
});

const ended = (kind: "pass" | "fail" | "inconclusive", minutes: number): PretendEnd => ({
  verdict: kind === "pass" ? pass : kind === "fail" ? fail("worse") : inconclusive("too few requests"),
  afterMs: minutes * 60_000,
  looks: 1,
  failed: kind === "fail" ? ["error-rate"] : [],
  firstStepRequests: 100,
});

test("tallyOf() counts ends and times of those that have a verdict", () => {
  const tally = tallyOf([ended("pass", 10), ended("fail", 2), ended("inconclusive", 90), ended("pass", 30)]);
  expect(tally).toEqual({
    releases: 4,
    stopped: 1,
    passed: 2,
    inconclusive: 1,
    medianMs: 600_000,
    ninetyMs: 1_800_000,
    missing: "too few requests",
  });
});

const plan: PretendPlan = {
  steps: evenSteps(5, 30, 600_000),
  promotesEarly: false,
  confidence: 0.95,
  minimumRequests: 50,
};
const tally = (stopped: number, passed: number, releases = 100): Tally => ({
  releases,
  stopped,
  passed,
  inconclusive: releases - stopped - passed,
  medianMs: 60_000,
  ninetyMs: 60_000,
});
const pastWith = (metric: typeof unlimited, errorShare = 0.01): Past => ({
  span: { fromMs: 0, binMs: 15_000, bins: 1000 },
  metrics: [{ metric, parts: new Map() }],
  traits: { "error-rate": { clumps: {}, errorShare } },
  scrapeMs: 15_000,
});
const resultOf = (equal: Tally, wished: Tally, larger: Tally): Backtest => ({
  seed: 1,
  size: { equal: 100, each: 100 },
  equal,
  injected: [
    { metric: "error-rate", regression: { kind: "errors", ratio: 2 }, tally: wished },
    { metric: "error-rate", regression: { kind: "errors", ratio: 5 }, tally: larger },
  ],
  fewFirstRequests: 100,
});

test.each([
  { name: "passes", equal: tally(4, 96), wished: tally(85, 5), kind: "pass" },
  {
    name: "does not hold one unlucky release more than promised against the plan",
    equal: tally(7, 93),
    wished: tally(85, 5),
    kind: "pass",
  },
  {
    name: "fails where more good releases are stopped than promised",
    equal: tally(14, 86),
    wished: tally(100, 0),
    kind: "fail",
  },
  { name: "misses what must not ship", equal: tally(0, 100), wished: tally(40, 10), kind: "inconclusive" },
  { name: "misses traffic", equal: tally(0, 60), wished: tally(90, 0), kind: "inconclusive" },
])("backtestVerdict() $name", ({ equal, wished, kind }) => {
  const of = { past: pastWith(unlimited), plan };
  expect(backtestVerdict(of, resultOf(equal, wished, tally(100, 0))).kind).toBe(kind);
});

test("backtestVerdict() names the smallest regression that is found", () => {
  const of = { past: pastWith(unlimited), plan };
  const verdict = backtestVerdict(of, resultOf(tally(0, 100), tally(40, 10), tally(95, 0)));
  expect(verdict).toMatchObject({
    missing: [
      "error-rate: 2 times the errors is found in 40 of 100 releases within 40 min 0 s, wanted are 80 %; 5 times the errors is",
    ],
  });
});

test("foundBy() counts what is stopped for this metric in the planned time, of 40 minutes here", () => {
  const worse = { metric: "error-rate", regression: { kind: "errors", ratio: 2 } } as const;
  const ends = [ended("fail", 40), ended("fail", 41), { ...ended("fail", 1), failed: ["latency"] }];
  const found = foundBy({ past: pastWith(unlimited), plan }, worse, ends);
  expect(found.map(({ verdict }) => verdict.kind)).toEqual(["fail", "inconclusive", "inconclusive"]);
});

test("findingOf() takes what the rules allow for allowed, and nothing else", () => {
  const [doubled] = resultOf(tally(0, 100), tally(0, 100), tally(100, 0)).injected;
  if (doubled === undefined) throw new Error("there is one");
  // 0.004 becomes 0.008, under the limit of 0.01; 0.0004 becomes less than a tenth of a point more.
  expect(findingOf({ past: pastWith(errorRate, 0.004) }, doubled)).toBe("allowed");
  expect(findingOf({ past: pastWith(unlimited, 0.0004) }, doubled)).toBe("allowed");
  expect(findingOf({ past: pastWith(unlimited, 0.004) }, doubled)).toBe("missed");
});

test("suggestionYaml() writes even steps and any others as the inputs take them", () => {
  const base = { intervalMs: 15_000, toleratedRatio: 1.2, unacceptableRatio: 2, because: [] };
  expect(suggestionYaml({ ...base, plan })).toBe(
    'interval: 15s\nstart-weight: "5"\nstep-weight: "30"\nstep-interval: 10m\nconfidence: "0.95"\ntolerated-ratio: "1.2"\nunacceptable-ratio: "2"\nminimum-requests: "50"',
  );
  const steps = [
    { weight: 5, holdMs: 90_000 },
    { weight: 50, holdMs: 3_600_000 },
  ];
  expect(suggestionYaml({ ...base, plan: { ...plan, steps } })).toContain('steps: "5@90s, 50@1h"');
  expect(durationText(2500)).toBe("2500ms");
});
