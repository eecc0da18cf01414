import { expect, test } from "vitest";
import type { CountedMetric } from "../../../src/domain/canary/metric.ts";
import type { MetricBatch } from "../../../src/domain/canary/metric-batch.ts";
import { alphaOf, verdictOf } from "../../../src/domain/canary/verdict.ts";
import { errorRate, judge, look } from "./looks.ts";

test.each<{ name: string; kinds: readonly (readonly [CountedMetric, MetricBatch])[]; verdict: string }>([
  { name: "no metric", kinds: [], verdict: "inconclusive" },
  { name: "all passed", kinds: [[errorRate, look("5", [0, 400, 0, 400])]], verdict: "pass" },
  {
    name: "one open",
    kinds: [
      [errorRate, look("5", [0, 400, 0, 400])],
      [{ ...errorRate, name: "other" }, look("5", [0, 4, 0, 400])],
    ],
    verdict: "inconclusive",
  },
  {
    name: "one failed",
    kinds: [
      [errorRate, look("5", [0, 4, 0, 400])],
      [{ ...errorRate, name: "other" }, look("5", [40, 400, 0, 400])],
    ],
    verdict: "fail",
  },
  {
    name: "one failed that is not critical",
    kinds: [
      [errorRate, look("5", [0, 400, 0, 400])],
      [{ ...errorRate, name: "other", critical: false }, look("5", [40, 400, 0, 400])],
    ],
    verdict: "pass",
  },
])("verdictOf() $name: $verdict", ({ kinds, verdict }) => {
  const metrics = kinds.map(([metric]) => metric);
  const judged = kinds.map(([metric, one]) => judge(metric, [one]));
  expect(verdictOf(metrics, judged).kind).toBe(verdict);
});

test("verdictOf() names the observed and the allowed", () => {
  const judged = judge(errorRate, [look("5", [40, 400, 0, 400])]);
  expect(verdictOf([errorRate], [judged])).toMatchObject({
    reasons: [
      expect.stringMatching(
        /^error-rate: 40 errors in 400 requests \(10 %\) against 0 in 400 \(0 %\), p .+; allowed is 1.2 times the baseline's rate and at most 1 %$/,
      ),
    ],
  });
});

test("alphaOf() splits the chance of a false alarm by weight among critical metrics", () => {
  const heavy = { ...errorRate, name: "heavy", weight: 3 };
  const aside = { ...errorRate, name: "aside", weight: 5, critical: false };
  const all = [errorRate, heavy, aside];
  expect(alphaOf(errorRate, all, 0.05)).toBeCloseTo(0.0125, 10);
  expect(alphaOf(heavy, all, 0.05)).toBeCloseTo(0.0375, 10);
});
