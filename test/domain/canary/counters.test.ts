import { expect, test } from "vitest";
import {
  countGrowth,
  newestMs,
  noCounters,
  type Reading,
  type Stratum,
} from "../../../src/domain/canary/counters.ts";
import type { Series } from "../../../src/domain/canary/series.ts";

const pod = { job: "web", instance: "10.0.0.1:8080", pod: "web-1" };

/** Samples as [second, value]. */
function series(
  labels: Readonly<Record<string, string>>,
  ...samples: readonly (readonly [number, number])[]
): Series {
  return { labels, samples: samples.map(([second, value]) => ({ ms: second * 1000, value })) };
}

const ok = (...samples: readonly (readonly [number, number])[]) =>
  series({ ...pod, status: "200" }, ...samples);
const failed = (...samples: readonly (readonly [number, number])[]) =>
  series({ ...pod, status: "500" }, ...samples);
const one: Stratum = { name: "5", fromMs: 0 };

interface Case {
  readonly name: string;
  readonly reading: Reading;
  readonly strata?: readonly Stratum[];
  readonly untilSecond?: number;
  readonly bornFromZero?: boolean;
  readonly grown: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const twoSteps: readonly Stratum[] = [
  { name: "5", fromMs: 0, untilMs: 35_000 },
  { name: "15", fromMs: 36_000 },
];

test.each<Case>([
  {
    name: "differences of raw counters",
    reading: { total: [ok([10, 100], [20, 130], [30, 150])] },
    grown: { 5: { total: 50 } },
  },
  {
    name: "the first sample of an old process as a start, not as growth",
    reading: { total: [ok([10, 50_000], [20, 50_003])] },
    grown: { 5: { total: 3 } },
  },
  {
    name: "nothing from one sample of an old process",
    reading: { total: [ok([10, 50_000])] },
    grown: {},
  },
  {
    name: "from 0 for a process that began with this rollout",
    reading: { total: [ok([10, 4], [20, 9])], bad: [failed([10, 2], [20, 2])] },
    bornFromZero: true,
    grown: { 5: { total: 9, bad: 2 } },
  },
  {
    name: "from 0 for a new series of a process that was scraped before",
    reading: { total: [ok([10, 100], [20, 110]), failed([20, 1])], bad: [failed([20, 1])] },
    grown: { 5: { total: 11, bad: 1 } },
  },
  {
    name: "from 0 after a reset",
    reading: { total: [ok([10, 100], [20, 130], [30, 7])] },
    grown: { 5: { total: 37 } },
  },
  {
    name: "an error that each life of a process repeats, seen by its request counter alone",
    reading: { total: [ok([10, 100], [20, 40], [30, 45])], bad: [failed([10, 1], [20, 1], [30, 1])] },
    grown: { 5: { total: 45, bad: 1 } },
  },
  {
    name: "across a gap in the scrapes",
    reading: { total: [ok([10, 100], [90, 180])] },
    grown: { 5: { total: 80 } },
  },
  {
    name: "without the scrape that straddles a change of weight",
    reading: { total: [ok([10, 100], [20, 110], [30, 120], [40, 190], [50, 200])] },
    strata: twoSteps,
    grown: { 5: { total: 20 }, 15: { total: 10 } },
  },
  {
    name: "not beyond the end of the window",
    reading: { total: [ok([10, 100], [20, 110], [30, 999])] },
    untilSecond: 25,
    grown: { 5: { total: 10 } },
  },
  {
    name: "no NaN and no infinity",
    reading: { total: [ok([10, 100], [20, Number.NaN], [30, Number.POSITIVE_INFINITY], [40, 120])] },
    grown: { 5: { total: 20 } },
  },
  {
    name: "processes apart from each other",
    reading: {
      total: [ok([10, 100], [20, 110]), series({ ...pod, pod: "web-2" }, [10, 900], [20, 5])],
    },
    grown: { 5: { total: 15 } },
  },
  {
    name: "zero, told apart from no data, where nothing grew",
    reading: { total: [ok([10, 100], [20, 100])] },
    grown: { 5: { total: 0 } },
  },
])(
  "countGrowth() counts $name",
  ({ reading, strata = [one], untilSecond = 1000, bornFromZero = false, grown }) => {
    const counted = countGrowth(noCounters, reading, { strata, untilMs: untilSecond * 1000, bornFromZero });
    expect(counted.increases).toEqual(grown);
  },
);

test("countGrowth() goes on where the last look ended, whatever the looks overlap", () => {
  const window = { strata: [one], bornFromZero: false };
  const first = countGrowth(
    noCounters,
    { total: [ok([10, 100], [20, 130])] },
    { ...window, untilMs: 25_000 },
  );
  const again = countGrowth(
    first.state,
    { total: [ok([10, 100], [20, 130], [30, 150])] },
    { ...window, untilMs: 35_000 },
  );
  expect(first.increases).toEqual({ 5: { total: 30 } });
  expect(again.increases).toEqual({ 5: { total: 20 } });
  expect(newestMs(again.state)).toBe(30_000);
});

test("countGrowth() counts a scrape later that the last look had missed", () => {
  const window = { strata: [one], bornFromZero: false };
  const reading = { total: [ok([10, 100], [20, 130])], bad: [failed([10, 3])] };
  const first = countGrowth(noCounters, reading, { ...window, untilMs: 25_000 });
  const later = countGrowth(
    first.state,
    { total: [ok([20, 130])], bad: [failed([10, 3], [20, 5])] },
    { ...window, untilMs: 25_000 },
  );
  expect(later.increases).toEqual({ 5: { total: 0, bad: 2 } });
});

test("countGrowth() resumes from state that was written down", () => {
  const window = { strata: [one], bornFromZero: false, untilMs: 99_000 };
  const first = countGrowth(noCounters, { total: [ok([10, 100], [20, 130])] }, window);
  const read = JSON.parse(JSON.stringify(first.state));
  expect(countGrowth(read, { total: [ok([30, 10])] }, window).increases).toEqual({ 5: { total: 10 } });
});

test("countGrowth() counts thousands of counters of one process that starts again and again", () => {
  const many = Array.from({ length: 4000 }, (_, path) =>
    series(
      { ...pod, path: `/${path}` },
      ...Array.from({ length: 60 }, (_, index) => [15 * index, (index % 20) + 1] as const),
    ),
  );
  const counted = countGrowth(
    noCounters,
    { total: many },
    { strata: [one], untilMs: 1e6, bornFromZero: false },
  );
  // Two starts of 1 each and 57 steps of 1, 4000 times: more than may be handed to a function one by one.
  expect(counted.increases).toEqual({ 5: { total: 4000 * 59 } });
});
