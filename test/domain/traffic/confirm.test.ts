import { expect, test } from "vitest";
import { alphaOfCount, decideWeight } from "../../../src/domain/traffic/confirm.ts";

const alpha = 0.05;

test.each([
  { name: "nothing counted is nothing known", percent: 5, candidate: 0, stable: 0, decision: "undecided" },
  { name: "0 is not proven by few", percent: 0, candidate: 0, stable: 297, decision: "undecided" },
  { name: "0 is proven by 299 of 299", percent: 0, candidate: 0, stable: 299, decision: "confirmed" },
  { name: "0 is refuted by one", percent: 0, candidate: 1, stable: 100_000, decision: "refuted" },
  { name: "100 is refuted by one", percent: 100, candidate: 100_000, stable: 1, decision: "refuted" },
  { name: "100 is proven by 299 of 299", percent: 100, candidate: 299, stable: 0, decision: "confirmed" },
  { name: "5 of 100 at 5 % is too little", percent: 5, candidate: 5, stable: 95, decision: "undecided" },
  { name: "15 of 300 at 5 %", percent: 5, candidate: 15, stable: 285, decision: "confirmed" },
  { name: "none of 50 at 5 %", percent: 5, candidate: 0, stable: 50, decision: "undecided" },
  { name: "none of 100 at 5 %", percent: 5, candidate: 0, stable: 100, decision: "refuted" },
  { name: "half the traffic at 5 %", percent: 5, candidate: 8, stable: 8, decision: "refuted" },
  { name: "the old 45 % where 55 % is meant", percent: 55, candidate: 270, stable: 330, decision: "refuted" },
  { name: "550 of 1000 at 55 %", percent: 55, candidate: 550, stable: 450, decision: "confirmed" },
  { name: "the share to the last 1 %", percent: 99, candidate: 1980, stable: 20, decision: "confirmed" },
])("decideWeight() $name: $decision", ({ percent, candidate, stable, decision }) => {
  expect(decideWeight({ candidate, stable }, { percent, alpha })).toBe(decision);
});

/** A small generator with a fixed seed, so that the error rates below are the same on every run. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How often counting, with a look after every response, ends in each decision. */
function decisions(percent: number, trueShare: number, runs: number) {
  const random = mulberry32(percent * 1000 + trueShare * 100);
  const ended = { confirmed: 0, refuted: 0, undecided: 0 };
  for (let run = 0; run < runs; run++) {
    const counts = { candidate: 0, stable: 0 };
    let decision = decideWeight(counts, { percent, alpha });
    for (let asked = 0; asked < 4000 && decision === "undecided"; asked++) {
      counts[random() < trueShare ? "candidate" : "stable"]++;
      decision = decideWeight(counts, { percent, alpha });
    }
    ended[decision] += 1 / runs;
  }
  return ended;
}

test.each([
  { percent: 5, trueShare: 0.1 },
  { percent: 15, trueShare: 0.1 },
  { percent: 15, trueShare: 0.2 },
  { percent: 55, trueShare: 0.45 },
  { percent: 0, trueShare: 0.01 },
])(
  "decideWeight() confirms $percent % at a true share of $trueShare at most in alpha of all counts",
  (one) => {
    expect(decisions(one.percent, one.trueShare, 400).confirmed).toBeLessThanOrEqual(0.05 + 0.02);
  },
);

test.each([{ percent: 5 }, { percent: 15 }, { percent: 55 }, { percent: 95 }])(
  "decideWeight() confirms a true $percent % and seldom refutes it",
  ({ percent }) => {
    const ended = decisions(percent, percent / 100, 400);
    expect(ended.refuted).toBeLessThanOrEqual(0.05 + 0.02);
    expect(ended.confirmed).toBeGreaterThanOrEqual(0.93);
  },
);

test("alphaOfCount() spends no more than the whole over any number of counts", () => {
  const spent = Array.from({ length: 10_000 }, (_, at) => alphaOfCount(alpha, at + 1));
  expect(spent.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(alpha);
});
