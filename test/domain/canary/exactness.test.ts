import { expect, test } from "vitest";
import type { MetricBatch } from "../../../src/domain/canary/judge.ts";
import type { CountedMetric } from "../../../src/domain/canary/metric.ts";
import { errorRate, judge, look, unlimited } from "./looks.ts";
import { binomialLogs } from "./random.ts";

/** One look's requests of both versions, and the stratum it belongs to. */
interface Requests {
  readonly nc: number;
  readonly nb: number;
  readonly stratum?: string;
}

interface Outcome {
  readonly chance: number;
  readonly looks: readonly MetricBatch[];
}

/** Every outcome of some looks with its chance: no draw, all of them. */
function outcomesOf(requests: readonly Requests[], rate: number, base: number): readonly Outcome[] {
  return requests.reduce<readonly Outcome[]>(
    (before, { nc, nb, stratum = "5" }) => {
      const here = binomialLogs(nc, rate).flatMap((logCandidate, ec) =>
        binomialLogs(nb, base).map((logBaseline, eb) => ({
          chance: Math.exp(logCandidate + logBaseline),
          look: look(stratum, [ec, nc, eb, nb]),
        })),
      );
      return before.flatMap(({ chance, looks }) =>
        here.map((one) => ({ chance: chance * one.chance, looks: [...looks, one.look] })),
      );
    },
    [{ chance: 1, looks: [] }],
  );
}

type Side = "logFail" | "logPassRatio" | "logPassLimit";

function expectationOf(metric: CountedMetric, outcomes: readonly Outcome[], side: Side): number {
  return outcomes.reduce((sum, { chance, looks }) => sum + chance * Math.exp(judge(metric, looks)[side]), 0);
}

const strict: CountedMetric = { ...unlimited, toleratedRatio: 1 };
// Small numbers of requests can show nothing against 1 %, so the limit stands where they can.
const limited: CountedMetric = { ...errorRate, toleratedRatio: 1, limit: { share: 0.3 } };

test.each<{ name: string; metric: CountedMetric; rates: readonly (readonly [number, number])[] }>([
  {
    name: "the comparison alone, at and inside its null",
    metric: strict,
    rates: [
      [0.02, 0.02],
      [0.2, 0.2],
      [0.1, 0.2],
      [0.5, 0.5],
      [0.02, 0.5],
    ],
  },
  {
    name: "with a tolerated ratio of 1.2",
    metric: unlimited,
    rates: [
      [0.12, 0.1],
      [0.36, 0.3],
      [0.1, 0.1],
      [0.05, 0.3],
    ],
  },
  {
    name: "the comparison and a limit, where both nulls hold",
    metric: limited,
    rates: [
      [0.301, 0.301],
      [0.3, 0.35],
      [0.1, 0.1],
      [0.1, 0.4],
    ],
  },
])("the evidence that fails a metric expects at most 1: $name", ({ metric, rates }) => {
  for (const requests of [
    [{ nc: 3, nb: 9 }],
    [{ nc: 6, nb: 6 }],
    [
      { nc: 2, nb: 4 },
      { nc: 3, nb: 3 },
    ],
  ]) {
    for (const [rate, base] of rates) {
      expect(expectationOf(metric, outcomesOf(requests, rate, base), "logFail")).toBeLessThanOrEqual(
        1 + 1e-9,
      );
    }
  }
});

test.each<{ side: Side; rates: readonly (readonly [number, number])[] }>([
  {
    side: "logPassRatio",
    rates: [
      [0.2, 0.1],
      [0.6, 0.3],
      [0.5, 0.1],
    ],
  },
  {
    side: "logPassLimit",
    rates: [
      [0.3, 0.1],
      [0.4, 0.4],
      [0.9, 0.1],
    ],
  },
])("the evidence that passes a metric expects at most 1 where it must not: $side", ({ side, rates }) => {
  for (const requests of [
    [{ nc: 3, nb: 9 }],
    [
      { nc: 2, nb: 4 },
      { nc: 3, nb: 3 },
    ],
  ]) {
    for (const [rate, base] of rates) {
      expect(expectationOf(limited, outcomesOf(requests, rate, base), side)).toBeLessThanOrEqual(1 + 1e-9);
    }
  }
});

test("strata are not pooled: the split may follow the rate from weight to weight", () => {
  // Few requests of the candidate while errors are rare, many while they are frequent: Simpson's paradox.
  const [rare, frequent] = [
    outcomesOf([{ nc: 1, nb: 6, stratum: "5" }], 0.05, 0.05),
    outcomesOf([{ nc: 4, nb: 2, stratum: "65" }], 0.5, 0.5),
  ];
  const both = rare.flatMap((one) =>
    frequent.map((other) => ({
      chance: one.chance * other.chance,
      looks: [...one.looks, ...other.looks],
    })),
  );
  expect(expectationOf(strict, both, "logFail")).toBeLessThanOrEqual(1 + 1e-9);
  const pooled = both.map(({ chance, looks }) => ({
    chance,
    looks: [look("all", sumOf(looks))],
  }));
  // Pooled, the same requests promise evidence where there is none: the test would be wrong, and is not made.
  expect(expectationOf(strict, pooled, "logFail")).toBeGreaterThan(1.05);
});

function sumOf(looks: readonly MetricBatch[]): readonly [number, number, number, number] {
  const counts = looks.map(({ streams }) => streams.errors);
  const sum = (of: (one: NonNullable<(typeof counts)[number]>) => number) =>
    counts.reduce((total, one) => total + (one === undefined ? 0 : of(one)), 0);
  return [
    sum((one) => one.candidate.bad),
    sum((one) => one.candidate.total),
    sum((one) => one.baseline.bad),
    sum((one) => one.baseline.total),
  ];
}

test("looking after every batch and stopping at the first alarm raises no false alarm above alpha", () => {
  const alpha = 0.3;
  const requests = Array.from({ length: 3 }, () => ({ nc: 2, nb: 3 }));
  for (const rate of [0.1, 0.3, 0.6]) {
    const everFailed = outcomesOf(requests, rate, rate).reduce((sum, { chance, looks }) => {
      const hasFailed = looks.some(
        (_, index) => judge(strict, looks.slice(0, index + 1)).logFail >= -Math.log(alpha),
      );
      return hasFailed ? sum + chance : sum;
    }, 0);
    expect(everFailed).toBeGreaterThan(0);
    expect(everFailed).toBeLessThanOrEqual(alpha);
  }
});
