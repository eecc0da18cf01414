import { expect, test } from "vitest";
import { addLook, judgeMetric, startMetric } from "../../../src/domain/canary/judge.ts";
import { errorRate, levels, look } from "./looks.ts";
import { seeded } from "./random.ts";

/** Share of runs of 60 looks that ever fail. */
function failures(
  runs: number,
  at: { readonly perLook: readonly [number, number]; rate: number; times: number },
): number {
  const random = seeded(7);
  let failed = 0;
  for (let run = 0; run < runs; run++) {
    let state = startMetric();
    for (let index = 0; index < 60; index++) {
      const [nc, nb] = at.perLook;
      const ec = random.binomial(nc, at.rate * at.times);
      state = addLook(errorRate, state, [look("5", [ec, nc, random.binomial(nb, at.rate), nb])]);
      if (judgeMetric(errorRate, state, levels).kind !== "failed") continue;
      failed++;
      break;
    }
  }
  return failed / runs;
}

test("judgeMetric() looked at 60 times stops equal versions in at most 5 % of the runs", () => {
  expect(failures(300, { perLook: [60, 540], rate: 0.005, times: 1 })).toBeLessThanOrEqual(0.05);
});

test("judgeMetric() looked at 60 times stops four times the errors in all runs", () => {
  expect(failures(50, { perLook: [60, 540], rate: 0.005, times: 4 })).toBe(1);
});
