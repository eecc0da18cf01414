import { expect, test } from "vitest";
import type { ArmCounts } from "../../../src/domain/canary/counts.ts";
import { logOfMean } from "../../../src/domain/canary/log-evidence.ts";
import {
  addToRatio,
  type RatioTest,
  startRatio,
  testAgainstRatio,
  testForMoreErrors,
  testForSlowerRequests,
} from "../../../src/domain/canary/ratio-test.ts";
import { binomialLogs, type Random, seeded } from "./random.ts";

/** Errors and requests of the candidate, then of the baseline. */
type Batch = readonly [number, number, number, number];

function counts([ec, nc, eb, nb]: Batch): ArmCounts {
  return { candidate: { bad: ec, total: nc }, baseline: { bad: eb, total: nb } };
}

function sumsOf(rule: RatioTest, batches: readonly Batch[]) {
  return batches.reduce((sums, batch) => addToRatio(rule, sums, counts(batch)), startRatio(rule));
}

const evidence = (rule: RatioTest, batches: readonly Batch[]) => logOfMean(sumsOf(rule, batches));

test.each<{ tolerated: number; batches: readonly Batch[]; log: number }>([
  { tolerated: 1, batches: [[1, 100, 0, 900]], log: 1.395391 },
  { tolerated: 1, batches: [[2, 100, 0, 900]], log: 3.101184 },
  { tolerated: 1, batches: [[3, 100, 0, 900]], log: 4.972409 },
  { tolerated: 1, batches: [[5, 500, 0, 500]], log: 2.607692 },
  { tolerated: 1, batches: [[6, 500, 0, 500]], log: 3.192119 },
  { tolerated: 1, batches: [[7, 500, 0, 500]], log: 3.788194 },
  { tolerated: 1, batches: [[10, 1000, 20, 9000]], log: 4.575016 },
  { tolerated: 1.2, batches: [[10, 1000, 20, 9000]], log: 3.345879 },
  { tolerated: 1, batches: [[5, 1000, 45, 9000]], log: -1.582288 },
  {
    tolerated: 1,
    batches: [
      [5, 1000, 45, 9000],
      [20, 5000, 20, 5000],
    ],
    log: -2.186098,
  },
  { tolerated: 1, batches: [[0, 1000, 50, 9000]], log: -3.147138 },
])("testForMoreErrors($tolerated) of $batches is $log", ({ tolerated, batches, log }) => {
  expect(evidence(testForMoreErrors(tolerated), batches)).toBeCloseTo(log, 6);
});

test("testForMoreErrors() has no alternative within what is tolerated", () => {
  expect(testForMoreErrors(1.5).multiples).toEqual([2, 3, 5, 8, 12, 20, 50].map((one) => one / 1.5));
});

const rules: readonly RatioTest[] = [
  testForMoreErrors(1),
  testForMoreErrors(1.2),
  testForSlowerRequests(),
  testAgainstRatio(2),
  testAgainstRatio(3),
];

/** Rates at the edge of a null and inside it. Nulls are "at most" for tests of a worse candidate, else "at least". */
function nullRates(rule: RatioTest, base: number): readonly number[] {
  const isAbove = rule.multiples.every((multiple) => multiple > 1);
  return (isAbove ? [1, 0.5, 0.1] : [1, 1.5, 2]).map((factor) => Math.min(1, rule.ratio * base * factor));
}

test.each([
  { nc: 1, nb: 1 },
  { nc: 2, nb: 7 },
  { nc: 8, nb: 8 },
  { nc: 12, nb: 3 },
  { nc: 5, nb: 30 },
])(
  "addToRatio() expects at most 1 under every true null, all outcomes of $nc and $nb requests",
  ({ nc, nb }) => {
    for (const rule of rules) {
      for (const base of [0.001, 0.05, 0.2, 0.33]) {
        for (const rate of nullRates(rule, base)) {
          expect(expectationOf(rule, { nc, nb, rate, base })).toBeLessThanOrEqual(1 + 1e-9);
        }
      }
    }
  },
);

function expectationOf(rule: RatioTest, at: { nc: number; nb: number; rate: number; base: number }): number {
  let sum = 0;
  const ofCandidate = binomialLogs(at.nc, at.rate);
  const ofBaseline = binomialLogs(at.nb, at.base);
  ofCandidate.forEach((logCandidate, ec) => {
    ofBaseline.forEach((logBaseline, eb) => {
      sum += Math.exp(logCandidate + logBaseline + evidence(rule, [[ec, at.nc, eb, at.nb]]));
    });
  });
  return sum;
}

test("addToRatio() expects at most 1 where requests of the baseline count in part", () => {
  const rule = testForSlowerRequests();
  const [nc, nb] = [6, 7];
  for (const [half, whole] of [
    [0.1, 0.05],
    [0.4, 0.1],
    [0.6, 0.3],
  ] as const) {
    let sum = 0;
    binomialLogs(nc, half / 2 + whole).forEach((logCandidate, ec) => {
      binomialLogs(nb, half + whole).forEach((logTouched, touched) => {
        binomialLogs(touched, whole / (half + whole)).forEach((logWhole, full) => {
          const eb = full + (touched - full) / 2;
          sum += Math.exp(logCandidate + logTouched + logWhole + evidence(rule, [[ec, nc, eb, nb]]));
        });
      });
    });
    expect(sum).toBeLessThanOrEqual(1 + 1e-9);
  }
});

function randomBatch(random: Random): Batch {
  const nc = 1 + random.below(400);
  const nb = 1 + random.below(4000);
  return [random.below(Math.ceil(nc / 10) + 1), nc, random.below(Math.ceil(nb / 10) + 1), nb];
}

const seeds = Array.from({ length: 40 }, (_, index) => index + 1);

test.each(seeds)("addToRatio() does not see how a batch of one split was cut, seed %i", (seed) => {
  const random = seeded(seed);
  const [ec, nc, eb, nb] = randomBatch(random);
  const early = random.below(ec + 1);
  const earlyBase = random.below(eb + 1);
  for (const rule of rules) {
    const cut = evidence(rule, [
      [early, nc, earlyBase, nb],
      [ec - early, nc, eb - earlyBase, nb],
    ]);
    expect(cut).toBeCloseTo(evidence(rule, [[ec, 2 * nc, eb, 2 * nb]]), 8);
  }
});

test.each(seeds)("addToRatio() does not see the order of looks, seed %i", (seed) => {
  const random = seeded(seed);
  const batches = Array.from({ length: 5 }, () => randomBatch(random));
  for (const rule of rules) {
    expect(evidence(rule, batches.toReversed())).toBeCloseTo(evidence(rule, batches), 8);
  }
});

test.each(seeds)(
  "addToRatio() rises with errors of the candidate and falls with the baseline's, seed %i",
  (seed) => {
    const [ec, nc, eb, nb] = randomBatch(seeded(seed));
    for (const rule of [testForMoreErrors(1), testForMoreErrors(1.2), testForSlowerRequests()]) {
      const here = evidence(rule, [[ec, nc, eb, nb]]);
      expect(evidence(rule, [[ec + 1, nc, eb, nb]])).toBeGreaterThanOrEqual(here);
      expect(evidence(rule, [[ec, nc, eb + 1, nb]])).toBeLessThanOrEqual(here);
    }
    const here = evidence(testAgainstRatio(2), [[ec, nc, eb, nb]]);
    expect(evidence(testAgainstRatio(2), [[ec + 1, nc, eb, nb]])).toBeLessThanOrEqual(here);
  },
);

test.each(seeds)("addToRatio() is the same seen from the other arm, seed %i", (seed) => {
  const [ec, nc, eb, nb] = randomBatch(seeded(seed));
  const rule: RatioTest = { ratio: 1.3, multiples: [1.5, 4, 0.5] };
  const mirrored: RatioTest = { ratio: 1 / 1.3, multiples: rule.multiples.map((multiple) => 1 / multiple) };
  const there = sumsOf(mirrored, [[eb, nb, ec, nc]]);
  sumsOf(rule, [[ec, nc, eb, nb]]).forEach((sum, index) => {
    expect(sum).toBeCloseTo(there[index] ?? Number.NaN, 8);
  });
});

test.each<{ name: string; batch: Batch }>([
  { name: "an empty batch", batch: [0, 0, 0, 0] },
  { name: "a batch without the baseline", batch: [3, 50, 0, 0] },
  { name: "a batch without the candidate", batch: [0, 0, 3, 50] },
  { name: "a batch of NaN", batch: [Number.NaN, Number.NaN, 1, 10] },
])("addToRatio() learns nothing from $name", ({ batch }) => {
  const rule = testForMoreErrors(1.2);
  const before = sumsOf(rule, [[2, 100, 0, 900]]);
  expect(addToRatio(rule, before, counts(batch))).toEqual(before);
});
