import { expect, test } from "vitest";
import { plannedAlphas, spentBy } from "../../../src/domain/canary/alpha-spending.ts";
import { addPair, type GaugeRule, gaugeEvidence, startGauge } from "../../../src/domain/canary/gauge.ts";
import { logOfMean } from "../../../src/domain/canary/log-evidence.ts";
import { addSign, startSigns } from "../../../src/domain/canary/sign-test.ts";
import { thinning } from "../../../src/domain/canary/thinning.ts";
import { type Random, seeded } from "./random.ts";

const sign: GaugeRule = {
  direction: "increase",
  toleratedRatio: 1.2,
  unacceptableRatio: 2,
  test: { kind: "sign" },
};
const planned: GaugeRule = {
  ...sign,
  test: { kind: "mann-whitney", looks: 4, pairsPerLook: 10, tolerance: 0.25 },
};

/** Evidence after pairs of noisy values around 1, the candidate's times a factor. */
function after(rule: GaugeRule, { pairs, times, seed = 1 }: { pairs: number; times: number; seed?: number }) {
  const random = seeded(seed);
  let state = startGauge(Array.from({ length: 60 }, () => 0.9 + 0.2 * random.next()));
  for (let n = 0; n < pairs; n++) {
    const pair = { candidate: times * (0.9 + 0.2 * random.next()), baseline: 0.9 + 0.2 * random.next() };
    state = addPair(rule, state, pair, 0.05);
  }
  return gaugeEvidence(rule, state);
}

const enough = Math.log(1 / 0.05);

test("the sign test expects a mean of 1 at every number of pairs, which keeps its false alarms below alpha", () => {
  for (let n = 1; n <= 8; n++) {
    let expected = 0;
    for (let pattern = 0; pattern < 2 ** n; pattern++) {
      let sums = startSigns();
      for (let bit = 0; bit < n; bit++) sums = addSign(sums, (pattern & (1 << bit)) !== 0);
      expected += Math.exp(logOfMean(sums)) / 2 ** n;
    }
    expect(expected).toBeCloseTo(1, 12);
  }
});

test.each([
  { rule: sign, name: "sign" },
  { rule: planned, name: "Mann-Whitney" },
])("$name: three times the baseline fails, equal passes, half as much again does neither", ({ rule }) => {
  expect(after(rule, { pairs: 40, times: 3 }).against).toBeGreaterThanOrEqual(enough);
  const equal = after(rule, { pairs: 40, times: 1 });
  expect(equal.against).toBeLessThan(enough);
  expect(equal.for).toBeGreaterThanOrEqual(enough);
});

test("a decrease is worse where the rule says so", () => {
  const rule: GaugeRule = { ...sign, direction: "decrease" };
  expect(after(rule, { pairs: 40, times: 0.4 }).against).toBeGreaterThanOrEqual(enough);
  expect(after(rule, { pairs: 40, times: 3 }).against).toBeLessThan(enough);
});

/** Evidence after 40 intervals of the same two values, of a baseline that moved around its own before. */
function steady(candidate: number, baseline: number, direction: GaugeRule["direction"] = "increase") {
  const random = seeded(9);
  let state = startGauge(Array.from({ length: 60 }, () => baseline + random.next() - 0.5));
  for (let n = 0; n < 60; n++) state = addPair({ ...sign, direction }, state, { candidate, baseline }, 0.05);
  return gaugeEvidence({ ...sign, direction }, state);
}

test.each(["increase", "decrease"] as const)(
  "gauges that rest at 0, or below it, are no worse: %s",
  (direction) => {
    for (const value of [0, -5, 5]) {
      expect(steady(value, value, direction).against).toBeLessThanOrEqual(0);
      expect(steady(value, value, direction).for).toBeGreaterThanOrEqual(enough);
    }
  },
);

test("negative gauges are worse in their direction, and by more than is tolerated", () => {
  expect(steady(-4.5, -5).against).toBeLessThanOrEqual(0);
  expect(steady(-2, -5).against).toBeGreaterThanOrEqual(enough);
  expect(steady(-5, -2, "decrease").against).toBeGreaterThanOrEqual(enough);
  expect(steady(3, 0).against).toBeGreaterThanOrEqual(enough);
});

test("equal gauges are called worse in at most 5 % of the runs", () => {
  const share = (rule: GaugeRule) =>
    Array.from({ length: 400 }, (_, seed) => after(rule, { pairs: 40, times: 1, seed: seed + 1 })).filter(
      ({ against }) => against >= enough,
    ).length / 400;
  expect(share({ ...sign, toleratedRatio: 1 })).toBeLessThanOrEqual(0.05);
  expect(share(planned)).toBeLessThanOrEqual(0.05);
});

test("Mann-Whitney says nothing between its planned looks, and nothing good before the last", () => {
  expect(after(planned, { pairs: 9, times: 9 }).against).toBe(Number.NEGATIVE_INFINITY);
  expect(after(planned, { pairs: 39, times: 1 }).for).toBe(Number.NEGATIVE_INFINITY);
});

test("values that are no numbers, and values that never differ, prove nothing", () => {
  const state = addPair(sign, startGauge(), { candidate: Number.NaN, baseline: 1 }, 0.05);
  expect(state).toEqual(startGauge());
  let flat = startGauge();
  for (let n = 0; n < 10; n++) flat = addPair(planned, flat, { candidate: 1, baseline: 1 }, 0.05);
  expect(gaugeEvidence(planned, flat).against).toBe(Number.NEGATIVE_INFINITY);
});

// 2 - 2 Phi(1.959964 / sqrt(t)) at five looks and alpha 0.05.
test("spending follows O'Brien and Fleming", () => {
  expect([0.2, 0.4, 0.6, 0.8, 1].map((share) => Number(spentBy(share, 0.05).toFixed(4)))).toEqual([
    0, 0.0019, 0.0114, 0.0284, 0.05,
  ]);
  expect(plannedAlphas(5, 0.05).reduce((sum, part) => sum + part, 0)).toBeCloseTo(0.05, 12);
});

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/** A gauge around 100 that remembers: each value is the last one's distance times `memory`, and a new shock. */
function remembering(random: Random, memory: number): () => number {
  let away = normal(random) / Math.sqrt(1 - memory ** 2);
  return () => {
    away = memory * away + normal(random);
    return 100 + away;
  };
}

const hour = 240;
const strict: GaugeRule = { ...sign, toleratedRatio: 1 };

function pastOf(next: () => number, drift = 0): readonly number[] {
  return Array.from({ length: hour }, (_, index) => next() + drift * index);
}

test("thinning() keeps independent intervals, and takes one of many of those that hang together", () => {
  expect(thinning(pastOf(remembering(seeded(3), 0)))).toBeLessThanOrEqual(2);
  const half = thinning(pastOf(remembering(seeded(3), 0.5))) ?? Number.NaN;
  const most = thinning(pastOf(remembering(seeded(3), 0.9))) ?? Number.NaN;
  expect(half).toBeGreaterThanOrEqual(3);
  expect(half).toBeLessThanOrEqual(7);
  // 0.9 to the power of 22 is a tenth.
  expect(most).toBeGreaterThanOrEqual(15);
});

test("thinning() takes a rise over the hour for no memory", () => {
  expect(thinning(pastOf(remembering(seeded(3), 0), 0.5))).toBeLessThanOrEqual(2);
  expect(thinning(Array.from({ length: hour }, (_, index) => 3 * index))).toBe(1);
  expect(thinning(Array.from({ length: hour }, () => 7))).toBe(1);
});

test("thinning() cannot tell by a short past, and then no interval counts", () => {
  expect(thinning(Array.from({ length: 39 }, (_, index) => index % 3))).toBeUndefined();
  let state = startGauge();
  for (let n = 0; n < 40; n++)
    state = addPair(strict, state, { candidate: 200, baseline: 100 + (n % 3) }, 0.05);
  expect(state.signed).toBe(0);
  for (let n = 0; n < 10; n++)
    state = addPair(strict, state, { candidate: 200, baseline: 100 + (n % 3) }, 0.05);
  expect(state.signed).toBeGreaterThan(0);
});

test("addPair() counts one interval of as many as the past says", () => {
  const past = pastOf(remembering(seeded(3), 0.9));
  const every = thinning(past) ?? Number.NaN;
  let state = startGauge(past);
  const next = remembering(seeded(4), 0.9);
  for (let n = 0; n < 2 * every; n++)
    state = addPair(strict, state, { candidate: next(), baseline: next() }, 0.05);
  expect(state.signed).toBeGreaterThanOrEqual(2);
  expect(state.signed).toBeLessThanOrEqual(3);
});

/** Share of 150 runs of 400 looks at equal gauges that are ever called worse. */
function falseAlarms(memory: number, past: (next: () => number) => readonly number[]): number {
  let alarms = 0;
  for (let seed = 1; seed <= 150; seed++) {
    const random = seeded(7919 * seed);
    const [candidate, baseline] = [remembering(random, memory), remembering(random, memory)];
    let state = startGauge(past(baseline));
    for (let n = 0; n < 400; n++) {
      state = addPair(strict, state, { candidate: candidate(), baseline: baseline() }, 0.05);
      if (gaugeEvidence(strict, state).against < enough) continue;
      alarms++;
      break;
    }
  }
  return alarms / 150;
}

// 5 % and three standard errors of a share of 150 runs.
const mostAlarms = 0.05 + 3 * Math.sqrt((0.05 * 0.95) / 150);

test.each([0, 0.5, 0.9])("equal gauges with a memory of %d stop at most 5 in 100 releases", (memory) => {
  expect(falseAlarms(memory, pastOf)).toBeLessThanOrEqual(mostAlarms);
});

test("a past that remembers less than the candidate's time lets false alarms through: the test can tell", () => {
  const forgetful = pastOf(remembering(seeded(3), 0));
  expect(falseAlarms(0.9, () => forgetful)).toBeGreaterThan(0.3);
});
