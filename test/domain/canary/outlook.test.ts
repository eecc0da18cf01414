import { expect, test } from "vitest";
import { addFound, type Found, startAnalysis } from "../../../src/domain/canary/analysis.ts";
import type { CountedMetric, Metric, ValuedMetric } from "../../../src/domain/canary/metric.ts";
import {
  judgeWithOutlook,
  needOfCounts,
  needOfValues,
  needSentence,
  type PastLook,
} from "../../../src/domain/canary/outlook.ts";
import { addValues, startValued } from "../../../src/domain/canary/valued.ts";
import { errorRate, judge, levels, look, stateOf, unlimited } from "./looks.ts";
import { seeded } from "./random.ts";

test.each<{ name: string; metric: CountedMetric; seen: readonly [number, number, number, number] }>([
  { name: "no errors, toward its limit", metric: errorRate, seen: [0, 100, 0, 1000] },
  { name: "no errors and no limit", metric: unlimited, seen: [0, 500, 0, 5000] },
  { name: "errors as frequent as the baseline's", metric: unlimited, seen: [2, 400, 18, 3600] },
  { name: "three times the errors", metric: unlimited, seen: [3, 200, 9, 1800] },
])("needOfCounts() with $name is what really decides it", ({ metric, seen }) => {
  const state = stateOf(metric, [look("5", seen)]);
  expect(judge(metric, [look("5", seen)]).kind).toBe("open");
  const [, requests] = seen;
  const need = needOfCounts(metric, state, { levels, requests });
  const times = 1 + (need?.amount ?? Number.NaN) / requests;
  const after = (factor: number) => {
    const [ec, nc, eb, nb] = seen.map((count) => count * factor);
    return judge(metric, [look("5", [ec ?? 0, nc ?? 0, eb ?? 0, nb ?? 0])]).kind;
  };
  expect(after(0.97 * times)).toBe("open");
  expect(["passed", "failed"]).toContain(after(1.001 * times));
});

test("needOfCounts() sees what no traffic of this kind decides, and nothing without requests", () => {
  // 1.93 times as frequent lies between 1.9, which is tolerated, and 2, which is not, and nearer to neither's proof.
  const metric = { ...unlimited, toleratedRatio: 1.9 };
  const state = stateOf(metric, [look("5", [193, 10_000, 1000, 100_000])]);
  const need = needOfCounts(metric, state, { levels, requests: 10_000 });
  expect(need).toEqual({ amount: Number.POSITIVE_INFINITY, of: "requests" });
  expect(needOfCounts(unlimited, state, { levels, requests: 0 })).toBeUndefined();
});

const cpu: ValuedMetric = {
  name: "cpu",
  source: { kind: "gauge", gauge: "g" },
  compare: { direction: "increase", toleratedRatio: 1.2, unacceptableRatio: 2, test: { kind: "sign" } },
  weight: 1,
  critical: true,
};

function valuesAfter(metric: ValuedMetric, pairs: number, history: number) {
  const random = seeded(5);
  const value = () => 1 + 0.1 * random.next();
  let state = startValued(Array.from({ length: history }, value));
  for (let n = 0; n < pairs; n++)
    state = addValues(metric, state, { pair: { candidate: value(), baseline: value() }, alpha: 0.05 });
  return needOfValues(metric, state, levels);
}

test("needOfValues() counts intervals: of the past, of the signs, of the planned looks", () => {
  expect(valuesAfter(cpu, 5, 0)).toEqual({ amount: 35, of: "intervals" });
  expect(valuesAfter(cpu, 2, 120)).toMatchObject({ of: "intervals" });
  const few = valuesAfter(cpu, 2, 120)?.amount ?? Number.NaN;
  expect(few).toBeGreaterThanOrEqual(2);
  expect(few).toBeLessThanOrEqual(12);
  const compare = {
    direction: "increase",
    toleratedRatio: 1.2,
    unacceptableRatio: 2,
    test: { kind: "mann-whitney", looks: 4, pairsPerLook: 10, tolerance: 0.25 },
  } as const;
  expect(valuesAfter({ ...cpu, compare }, 12, 0)).toEqual({ amount: 28, of: "intervals" });
});

test.each([
  { amount: 2880, pace: 1.2, says: "needs about 40 minutes more at 1.2 requests/s" },
  { amount: 30, pace: 1, says: "needs about 30 seconds more at 1 requests/s" },
  { amount: 10, pace: 100, says: "needs about 1 second more at 100 requests/s" },
  { amount: 7200 * 0.5, pace: 0.5, says: "needs about 2 hours more at 0.5 requests/s" },
  { amount: 400_000, pace: 1, says: "needs about 5 days more at 1 requests/s" },
  { amount: 1e7, pace: 0.01, says: "needs more than a month more at 0.01 requests/s" },
  { amount: 1234, pace: undefined, says: "needs about 1200 requests more" },
  { amount: 50, pace: 0, says: "needs about 50 requests more, and gets none" },
])("needSentence() of $amount requests at $pace a second: $says", ({ amount, pace, says }) => {
  expect(needSentence({ amount, of: "requests" }, pace)).toBe(says);
});

test("needSentence() of intervals says how many, of the impossible that it is", () => {
  expect(needSentence({ amount: 12, of: "intervals" }, 1 / 15)).toBe(
    "needs about 3 minutes more, 12 intervals",
  );
  expect(needSentence({ amount: Number.POSITIVE_INFINITY, of: "requests" }, 5)).toMatch(
    /^more of the same does not decide it/,
  );
});

function found(name: string, [ec, nc, eb, nb]: readonly [number, number, number, number]): Found {
  const growth = {
    stratum: "5",
    candidate: { bad: ec, total: nc },
    baseline: { bad: eb, total: nb },
  };
  return { growths: { [name]: [growth] }, values: {} };
}

/** So many looks 15 s apart at weight 5, and the judgements of the last one. */
function watched(metrics: readonly Metric[], looks: readonly Found[]) {
  const before: PastLook[] = [];
  let analysis = startAnalysis(metrics);
  for (const [index, one] of looks.entries()) {
    analysis = addFound(metrics, analysis, { found: one, confidence: 0.95 }).analysis;
    const now = { atMs: 15_000 * (index + 1), weight: 5 };
    const judgements = judgeWithOutlook({ metrics, analysis, confidence: 0.95, now, before });
    before.push({ ...now, judgements });
  }
  return before.at(-1)?.judgements ?? [];
}

test("judgeWithOutlook() tells an open metric's time by the traffic of the last looks", () => {
  // 18 requests in 15 s are 1.2 a second. 331 without an error show less than 1 %: 331 - 180 of them take 126 s.
  const looks = Array.from({ length: 10 }, () => found("error-rate", [0, 18, 0, 342]));
  const [open] = watched([errorRate], looks);
  expect(open?.kind).toBe("open");
  expect(open?.sentence).toMatch(/or at most 1 %; needs about 2 minutes more at 1.2 requests\/s$/);
});

test("judgeWithOutlook() leaves alone what is decided, and what has no request to go by", () => {
  const looks = Array.from({ length: 30 }, () => found("error-rate", [0, 18, 0, 342]));
  expect(watched([errorRate], looks)[0]).toMatchObject({ kind: "passed" });
  expect(watched([errorRate], looks)[0]?.sentence).not.toContain("needs");
  const none = watched([errorRate], [found("error-rate", [0, 0, 0, 342])]);
  expect(none[0]?.sentence).toBe("error-rate: no requests of the candidate were counted");
});
