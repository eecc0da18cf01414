import { expect, test } from "vitest";
import {
  type CounterState,
  countGrowth,
  noCounters,
  type Reading,
} from "../../../src/domain/canary/counters.ts";
import { marksOf, recount } from "../../../src/domain/canary/read-marks.ts";
import type { Series } from "../../../src/domain/canary/series.ts";
import { seeded } from "./random.ts";

const strata = [{ name: "5", fromMs: 0 }];
const pod = (name: string) => ({ job: "web", instance: `${name}:8080`, pod: name });

function series(
  labels: Readonly<Record<string, string>>,
  ...samples: readonly (readonly [number, number])[]
): Series {
  return { labels, samples: samples.map(([second, value]) => ({ ms: second * 1000, value })) };
}

function count(state: CounterState, reading: Reading, untilSecond: number) {
  return countGrowth(state, reading, { strata, untilMs: untilSecond * 1000, bornFromZero: true });
}

/** What another run counts that finds its counters again by marks, beside what the same run would have counted. */
function bothWays(before: Reading, at: number, after: Reading) {
  const known = count(noCounters, before, at).state;
  const again = recount(noCounters, after, JSON.parse(JSON.stringify(marksOf(known))));
  return { unbroken: count(known, after, 1000).increases, resumed: count(again, after, 1000).increases };
}

const total = (name: string, ...samples: readonly (readonly [number, number])[]) =>
  series(pod(name), ...samples);
const bad = (name: string, ...samples: readonly (readonly [number, number])[]) =>
  series({ ...pod(name), status: "500" }, ...samples);

test.each<{
  name: string;
  before: Reading;
  at: number;
  after: Reading;
  grown: Readonly<Record<string, number>>;
}>([
  {
    name: "what grew since",
    before: { total: [total("a", [10, 5], [20, 9])] },
    at: 20,
    after: { total: [total("a", [10, 5], [20, 9], [30, 12])] },
    grown: { total: 3 },
  },
  {
    name: "a scrape before the break that was stored after it",
    before: { total: [total("a", [10, 5])] },
    at: 21,
    after: { total: [total("a", [10, 5], [20, 9], [30, 12])] },
    grown: { total: 7 },
  },
  {
    name: "errors that were asked for before a scrape that the requests were asked for after",
    before: { bad: [bad("a", [10, 1])], total: [total("a", [10, 5], [20, 9])] },
    at: 21,
    after: { bad: [bad("a", [10, 1], [20, 3])], total: [total("a", [10, 5], [20, 9])] },
    grown: { bad: 2, total: 0 },
  },
  {
    name: "the first errors of all, scraped before the break and stored after it",
    before: { bad: [], total: [total("a", [10, 5], [20, 9])] },
    at: 21,
    after: { bad: [bad("a", [20, 4])], total: [total("a", [10, 5], [20, 9])] },
    grown: { bad: 4, total: 0 },
  },
  {
    name: "the first errors of a process while another has some",
    before: { bad: [bad("b", [20, 1])], total: [total("a", [20, 9]), total("b", [20, 9])] },
    at: 21,
    after: {
      bad: [bad("a", [30, 2]), bad("b", [20, 1])],
      total: [total("a", [20, 9], [30, 9]), total("b", [20, 9])],
    },
    grown: { bad: 2, total: 0 },
  },
  {
    name: "a process that had ended long before and comes back",
    before: { total: [total("a", [10, 50]), total("b", [10, 5], [90, 9])] },
    at: 90,
    after: { total: [total("a", [10, 50], [120, 60]), total("b", [10, 5], [90, 9])] },
    grown: { total: 10 },
  },
  {
    name: "a restart across the break",
    before: { total: [total("a", [10, 50], [20, 60])] },
    at: 20,
    after: { total: [total("a", [10, 50], [20, 60], [30, 4])] },
    grown: { total: 4 },
  },
  {
    name: "a process that began across the break",
    before: { total: [total("a", [10, 5])] },
    at: 20,
    after: { total: [total("a", [10, 5]), total("b", [30, 7], [40, 9])] },
    grown: { total: 9 },
  },
])("recount() finds the counters again by their marks: $name", ({ before, at, after, grown }) => {
  const { unbroken, resumed } = bothWays(before, at, after);
  expect(resumed).toEqual(unbroken);
  expect(resumed["5"]).toEqual(grown);
});

test("recount() finds the counters of any history, broken anywhere", () => {
  const random = seeded(11);
  for (let round = 0; round < 300; round++) {
    const all = history(random);
    const at = 20 + Math.floor(random.next() * 150);
    const known = count(noCounters, all, at).state;
    const again = recount(noCounters, all, marksOf(known));
    expect(again).toEqual({
      ...known,
      roles: expect.arrayContaining([...known.roles]),
      targets: expect.anything(),
    });
    for (const [target, { last, scrapedMs }] of Object.entries(known.targets))
      expect(again.targets[target]).toMatchObject({ last, scrapedMs });
    expect(count(again, all, 1000).increases).toEqual(count(known, all, 1000).increases);
  }
});

/** Processes that come, restart and end, scraped every 10 s. */
function history(random: ReturnType<typeof seeded>): Reading {
  const reading: { bad: Series[]; total: Series[] } = { bad: [], total: [] };
  for (const name of ["a", "b", "c"]) {
    const [from, until] = [random.next() * 100, 100 + random.next() * 100];
    let [requests, errors] = [0, 0];
    const samples: { bad: [number, number][]; total: [number, number][] } = { bad: [], total: [] };
    for (let second = 10; second <= 200; second += 10) {
      if (second < from || second > until) continue;
      if (random.next() < 0.05) [requests, errors] = [0, 0];
      requests += random.binomial(50, 0.5);
      errors += random.binomial(3, 0.1);
      samples.total.push([second, requests]);
      if (errors > 0) samples.bad.push([second, errors]);
    }
    reading.total.push(total(name, ...samples.total));
    reading.bad.push(bad(name, ...samples.bad));
  }
  return reading;
}
