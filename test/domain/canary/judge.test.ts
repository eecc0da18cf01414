import { expect, test } from "vitest";
import { addLook, judgeMetric, type MetricBatch } from "../../../src/domain/canary/judge.ts";
import type { CountedMetric } from "../../../src/domain/canary/metric.ts";
import { errorRate, judge, latency, levels, look, slow, stateOf, unlimited } from "./looks.ts";

test.each<{ name: string; metric: CountedMetric; looks: readonly MetricBatch[]; kind: string }>([
  {
    name: "fails four times the errors",
    metric: errorRate,
    looks: [look("5", [20, 1000, 45, 9000])],
    kind: "failed",
  },
  {
    name: "fails errors where the baseline has none",
    metric: errorRate,
    looks: [look("5", [8, 500, 0, 500])],
    kind: "failed",
  },
  {
    name: "fails a candidate over its limit although the baseline is as bad",
    metric: errorRate,
    looks: [look("5", [60, 1000, 540, 9000])],
    kind: "failed",
  },
  {
    name: "passes under the limit although two times the baseline cannot be ruled out",
    metric: errorRate,
    looks: [look("5", [0, 331, 0, 3000])],
    kind: "passed",
  },
  {
    name: "stays open one request earlier",
    metric: errorRate,
    looks: [look("5", [0, 330, 0, 3000])],
    kind: "open",
  },
  {
    name: "passes by the ratio without a limit",
    metric: unlimited,
    looks: [look("5", [50, 10_000, 500, 90_000])],
    kind: "passed",
  },
  {
    name: "does not fail an excess below a tenth of a percentage point, however certain",
    metric: unlimited,
    looks: [look("5", [600, 1_000_000, 100, 1_000_000])],
    kind: "passed",
  },
  {
    name: "does not pool strata: equal rates at each weight, unequal together",
    metric: unlimited,
    looks: [look("10", [4, 1000, 36, 9000]), look("50", [250, 5000, 250, 5000])],
    kind: "passed",
  },
  { name: "has nothing to judge without a look", metric: errorRate, looks: [], kind: "unusable" },
  {
    name: "stays open without requests",
    metric: errorRate,
    looks: [look("5", [0, 0, 0, 900])],
    kind: "open",
  },
  {
    name: "does not believe NaN",
    metric: errorRate,
    looks: [look("5", [Number.NaN, Number.NaN, 0, 900])],
    kind: "unusable",
  },
  {
    name: "does not believe more errors than requests",
    metric: errorRate,
    looks: [look("5", [20, 10, 0, 900])],
    kind: "unusable",
  },
  {
    name: "does not believe counts that shrink",
    metric: errorRate,
    looks: [look("5", [-5, 900, 0, 900])],
    kind: "unusable",
  },
])("judgeMetric() $name", ({ metric, looks, kind }) => {
  expect(judge(metric, looks).kind).toBe(kind);
});

test.each<{ name: string; looks: readonly MetricBatch[]; kind: string; stream?: string }>([
  {
    name: "passes when hardly anything is slower than the limit",
    looks: [slow({ 0.05: [10, 100], 0.1: [1, 10], 0.5: [0, 0], 1: [0, 0] })],
    kind: "passed",
  },
  {
    name: "fails twice the latency far below the limit",
    looks: [slow({ 0.05: [80, 200], 0.1: [40, 20], 0.5: [0, 0] })],
    kind: "failed",
    stream: "0.1",
  },
  {
    name: "does not fail a shift below the limit that is smaller than the share it speaks of",
    looks: Array.from({ length: 50 }, () => slow({ 0.05: [4, 5], 0.5: [0, 0] })),
    kind: "passed",
  },
  {
    name: "fails more than 5 % slower than the limit although the baseline is as slow",
    looks: Array.from({ length: 20 }, () => slow({ 0.5: [15, 150] })),
    kind: "failed",
    stream: "0.5",
  },
  {
    name: "judges by the bound above the limit to fail, where no bucket ends at the limit",
    looks: Array.from({ length: 20 }, () => slow({ 0.25: [15, 150], 1: [0, 0] })),
    kind: "passed",
  },
  {
    name: "has no bound to pass by when every bound lies above the limit",
    looks: [slow({ 1: [0, 0], 2: [0, 0] })],
    kind: "open",
  },
])("judgeMetric() of latency $name", ({ looks, kind, stream }) => {
  const judged = judge(latency, looks);
  expect(judged.kind).toBe(kind);
  if (stream !== undefined) expect(judged.stream).toBe(stream);
});

test("judgeMetric() says what was counted", () => {
  expect(judge(unlimited, [look("5", [6, 500, 0, 500])]).sentence).toBe(
    "error-rate: 6 errors in 500 requests (1.2 %) against 0 in 500 (0 %), p 0.069: " +
      "500 requests do not suffice to show less than 2 times the baseline's rate or at most 0.1 %",
  );
  expect(judge({ ...unlimited, toleratedRatio: 1 }, [look("5", [6, 500, 0, 500])]).sentence).toBe(
    "error-rate: 6 errors in 500 requests (1.2 %) against 0 in 500 (0 %), p 0.041",
  );
});

test("addLook() keeps the errors of a look in which only one arm was scraped", () => {
  const apart = [look("5", [20, 1000, 0, 0]), look("5", [0, 0, 45, 9000])];
  const together = judge(errorRate, [look("5", [20, 1000, 45, 9000])]);
  expect(judge(errorRate, apart).logFail).toBeCloseTo(together.logFail, 10);
});

test("addLook() resumes from state that was written down", () => {
  const looks = [look("5", [1, 300, 2, 3000]), look("15", [3, 400, 9, 2500]), look("15", [0, 200, 1, 1100])];
  const whole = judge(errorRate, looks);
  const written = JSON.parse(JSON.stringify(stateOf(errorRate, looks.slice(0, 2))));
  const resumed = judgeMetric(errorRate, addLook(errorRate, written, looks.slice(2)), levels);
  expect(resumed).toEqual(whole);
});

test("addLook() reports the strongest evidence of all looks as p", () => {
  const bad = look("5", [12, 500, 0, 4500]);
  const good = Array.from({ length: 5 }, () => look("5", [0, 2000, 90, 18_000]));
  expect(judge(errorRate, [bad, ...good]).pValue).toBe(judge(errorRate, [bad]).pValue);
});
