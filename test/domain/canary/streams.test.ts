import { expect, test } from "vitest";
import { noArmCounts } from "../../../src/domain/canary/counts.ts";
import { batchesOf, byBound } from "../../../src/domain/canary/streams.ts";
import { errorRate, latency } from "./looks.ts";

test("batchesOf() takes no error series beside a request series for no errors", () => {
  const batches = batchesOf(errorRate, {
    candidate: { 5: { total: 40 } },
    baseline: { 5: { total: 400, bad: 2 } },
  });
  expect(batches).toEqual([
    {
      stratum: "5",
      streams: { errors: { candidate: { bad: 0, total: 40 }, baseline: { bad: 2, total: 400 } } },
    },
  ]);
});

test("batchesOf() takes an arm without a scrape for no data", () => {
  const batches = batchesOf(errorRate, { candidate: {}, baseline: { 5: { total: 400 } } });
  expect(batches[0]?.streams.errors?.candidate).toEqual(noArmCounts.candidate);
});

const baseline = { "0.02": 600, "0.03": 900, Infinity: 1000 };

test("batchesOf() counts requests slower than each bound", () => {
  const candidate = { "0.02": 10, "0.03": 60, Infinity: 100 };
  const [batch] = batchesOf(latency, { candidate: { 5: candidate }, baseline: { 5: baseline } });
  expect(batch?.streams["0.03"]).toEqual({
    candidate: { bad: 40, total: 100 },
    baseline: { bad: 100, total: 1000 },
    // 30 ms / 1.2 = 25 ms lies half way between 400 requests slower than 20 ms and 100 slower than 30 ms.
    tolerated: { bad: expect.closeTo(250, 6), total: 1000 },
  });
});

test.each([
  { bound: "0.02", tolerated: 1000 / 6 + (400 * 5) / 6 },
  { bound: "0.03", tolerated: 250 },
])("batchesOf() tolerates a baseline 1.2 times as slow at $bound s", ({ bound, tolerated }) => {
  const [batch] = batchesOf(latency, { candidate: { 5: baseline }, baseline: { 5: baseline } });
  expect(batch?.streams[bound]?.tolerated?.bad).toBeCloseTo(tolerated, 6);
});

test("batchesOf() tolerates nothing more where the tolerated ratio is 1", () => {
  const strict = { ...latency, toleratedRatio: 1 };
  const [batch] = batchesOf(strict, { candidate: { 5: baseline }, baseline: { 5: baseline } });
  for (const counts of Object.values(batch?.streams ?? {})) expect(counts.tolerated).toEqual(counts.baseline);
});

test("batchesOf() leaves out a bound that one of the versions does not have", () => {
  const candidate = { "0.02": 10, "0.04": 60, Infinity: 100 };
  const [batch] = batchesOf(latency, { candidate: { 5: candidate }, baseline: { 5: baseline } });
  expect(Object.keys(batch?.streams ?? {})).toEqual(["0.02"]);
});

test("byBound() joins the ways to write one bound and drops what has none", () => {
  const series = (le: string) => ({ labels: { le }, samples: [] });
  const reading = byBound([series("0.5"), series("5e-1"), series("+Inf"), series("soon"), series("")]);
  expect(Object.keys(reading)).toEqual(["0.5", "Infinity"]);
  expect(reading["0.5"]).toHaveLength(2);
});
