import { expect, test } from "vitest";
import { Journey } from "../../../src/actions/canary-analyze/journey.ts";
import type { Json } from "../../../src/core/json.ts";

/** A journey of a ramp whose sums take so many characters, and what the cluster was told. */
function journeyOf(characters: number) {
  const kept: Json[] = [];
  const said: string[] = [];
  let now = 0;
  const journey = new Journey(
    {
      terms: { metrics: [], settings: {}, candidate: "sha256:a of record 1" },
      watch: { kept: () => ({ analysis: "x".repeat(characters), readUntilMs: 0 }) },
      weights: {
        keep: async (_percent, { ramp }) => {
          kept.push(ramp);
        },
      },
      clock: { now: () => now, sleep: () => Promise.reject(new Error("nothing waits here")) },
      say: (line) => said.push(line),
    },
    { startedMs: 0, index: 0, strata: [], steps: [] },
  );
  const keepAt = (ms: number, isDue = false) => {
    now = ms;
    return journey.keep(5, { expiresMs: 0, isDue });
  };
  return { journey, kept, said, keepAt };
}

test("a journey is kept at most every 15 s, at once where it must be", async () => {
  const { kept, keepAt } = journeyOf(10);
  for (const ms of [0, 5000, 10_000, 15_000, 20_000, 30_000]) await keepAt(ms);
  expect(kept).toHaveLength(3);
  await keepAt(31_000, true);
  expect(kept).toHaveLength(4);
});

test("a journey that is too long for the cluster is not kept, and says so once", async () => {
  const { kept, said, keepAt } = journeyOf(300_001);
  await keepAt(0);
  await keepAt(60_000);
  expect(kept).toEqual([null, null]);
  expect(said).toEqual(["The ramp's sums take more than 300000 characters: a lost run begins anew"]);
});
