import { expect, test } from "vitest";
import { alignedSource, correctionMs } from "../../src/platform/aligned-source.ts";
import type { ClockSkew, MetricsSource } from "../../src/platform/prometheus.ts";

const series = [{ labels: { a: "b" }, samples: [{ ms: 50_000, value: 1 }] }];

function storeWith(skew: ClockSkew | undefined) {
  const asked: unknown[] = [];
  const source: MetricsSource = {
    samples: async (_selector, span) => {
      asked.push(span);
      return series;
    },
    values: async (_expression, atMs) => {
      asked.push(atMs);
      return series;
    },
    clockSkew: async () => {
      asked.push("clock");
      return skew;
    },
    remarks: () => ["of the store"],
  };
  return { source, asked };
}

const span = { startMs: 1000, endMs: 2000 };

test("alignedSource() asks in the store's time and answers in ours, and asks for the time once", async () => {
  const { source, asked } = storeWith({ aheadMs: 42_000, uncertaintyMs: 10 });
  const aligned = alignedSource(source);
  expect(await aligned.samples("up{}", span)).toEqual([
    { labels: { a: "b" }, samples: [{ ms: 8000, value: 1 }] },
  ]);
  expect(await aligned.values("up{}", 2000)).toEqual([
    { labels: { a: "b" }, samples: [{ ms: 8000, value: 1 }] },
  ]);
  expect(asked).toEqual(["clock", { startMs: 43_000, endMs: 44_000 }, 44_000]);
  expect(aligned.remarks?.()).toEqual([
    "The clock of Prometheus is 42.0 s ahead of the runner's: windows end in its time",
    "of the store",
  ]);
});

test.each([
  { name: "the same clock", skew: { aheadMs: 120, uncertaintyMs: 40 } },
  { name: "a clock that is not told", skew: undefined },
])("alignedSource() leaves $name alone", async ({ skew }) => {
  const { source } = storeWith(skew);
  const aligned = alignedSource(source);
  expect(await aligned.samples("up{}", span)).toBe(series);
  expect(aligned.remarks?.()).toEqual(["of the store"]);
});

test.each([
  { aheadMs: 42_000, uncertaintyMs: 20, corrected: 42_000 },
  { aheadMs: -42_000, uncertaintyMs: 20, corrected: -42_000 },
  { aheadMs: 800, uncertaintyMs: 20, corrected: 800 },
  { aheadMs: 400, uncertaintyMs: 20, corrected: 0 },
  { aheadMs: -3000, uncertaintyMs: 2600, corrected: 0 },
  { aheadMs: Number.NaN, uncertaintyMs: 20, corrected: 0 },
])("correctionMs() of $aheadMs within $uncertaintyMs is $corrected", ({ corrected, ...skew }) => {
  expect(correctionMs(skew)).toBe(corrected);
});

test("alignedSource() asks again for the time of a store that was away, and not for ever", async () => {
  const { source } = storeWith(undefined);
  let asked = 0;
  const clockSkew = async () => (++asked === 2 ? { aheadMs: 42_000, uncertaintyMs: 1 } : undefined);
  const aligned = alignedSource({ ...source, clockSkew });
  expect(await aligned.samples("up{}", span)).toBe(series);
  expect((await aligned.samples("up{}", span))[0]?.samples[0]?.ms).toBe(8000);
  expect((await aligned.samples("up{}", span))[0]?.samples[0]?.ms).toBe(8000);
  expect(asked).toBe(2);
  let never = 0;
  const countedSilence = async () => {
    never++;
    return undefined;
  };
  const silent = alignedSource({ ...source, clockSkew: countedSilence });
  for (let look = 0; look < 10; look++) await silent.samples("up{}", span);
  expect(never).toBe(3);
});
