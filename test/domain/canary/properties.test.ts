import { expect, test } from "vitest";
import { countGrowth, noCounters } from "../../../src/domain/canary/counters.ts";
import { dispersionOf } from "../../../src/domain/canary/dispersion.ts";
import { addLook, judgeMetric, type MetricBatch, startMetric } from "../../../src/domain/canary/judge.ts";
import type { CountedMetric } from "../../../src/domain/canary/metric.ts";
import { errorRate, latency, levels, look, stateOf, unlimited } from "./looks.ts";
import { type Random, seeded } from "./random.ts";

const seeds = Array.from({ length: 60 }, (_, index) => index + 1);
const metrics: readonly CountedMetric[] = [errorRate, unlimited, { ...errorRate, toleratedRatio: 1 }];

type Counts = readonly [number, number, number, number];

/** Counts of one split of traffic: so many times the same share of requests. */
function counted(random: Random, [partCandidate, partBaseline]: readonly [number, number]): Counts {
  const times = 1 + random.below(40);
  const [nc, nb] = [partCandidate * times, partBaseline * times];
  return [random.binomial(nc, 0.1), nc, random.binomial(nb, 0.08), nb];
}

function aSplit(random: Random): readonly [number, number] {
  return [1 + random.below(20), 1 + random.below(20)];
}

function sum(all: readonly Counts[]): Counts {
  const at = (index: 0 | 1 | 2 | 3) => all.reduce((total, one) => total + one[index], 0);
  return [at(0), at(1), at(2), at(3)];
}

/** All sums of log evidence of a metric, before they are divided for bursts. */
function evidence(metric: CountedMetric, looks: readonly MetricBatch[]): readonly number[] {
  return Object.values(stateOf(metric, looks).streams).flatMap(({ worse, notWorse, over, under }) => [
    ...worse,
    ...notWorse,
    ...over,
    ...under,
  ]);
}

function expectSame(a: readonly number[], b: readonly number[]): void {
  expect(a).toHaveLength(b.length);
  a.forEach((one, index) => {
    expect(one).toBeCloseTo(b[index] ?? Number.NaN, 7);
  });
}

test.each(seeds)("cadence: looking often or seldom at one split shows the same, seed %i", (seed) => {
  const random = seeded(seed);
  const split = aSplit(random);
  const minutes = Array.from({ length: 12 }, () => counted(random, split));
  const grouped = (size: number) =>
    Array.from({ length: 12 / size }, (_, index) =>
      look("5", sum(minutes.slice(index * size, (index + 1) * size))),
    );
  for (const metric of metrics)
    for (const size of [2, 3, 12]) expectSame(evidence(metric, grouped(size)), evidence(metric, grouped(1)));
});

test.each(seeds)("order: looks at several weights may come in any order, seed %i", (seed) => {
  const random = seeded(seed);
  const looks = ["5", "15", "25", "15 region=a"].flatMap((stratum) => {
    const split = aSplit(random);
    return [look(stratum, counted(random, split)), look(stratum, counted(random, split))];
  });
  const shuffled = looks
    .map((one) => ({ one, key: random.next() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ one }) => one);
  for (const metric of metrics) expectSame(evidence(metric, shuffled), evidence(metric, looks));
});

test.each(seeds)("one more error never speaks for the version that made it, seed %i", (seed) => {
  const random = seeded(seed);
  const [ec, nc, eb, nb] = counted(random, [1 + random.below(20), 2 + random.below(20)]);
  const before = stateOf(unlimited, [look("5", [Math.min(ec, nc - 1), nc, Math.min(eb, nb - 1), nb])]);
  for (const metric of metrics) {
    const [fc, fb] = [Math.min(ec, nc - 1), Math.min(eb, nb - 1)];
    const judged = (counts: Counts) => {
      const state = stateOf(metric, [look("5", counts)]);
      // The guard against small differences only ever silences evidence: here all of it is wanted.
      return judgeMetric(metric, { ...state, clustering: {} }, levels);
    };
    const here = judged([fc, nc, fb, nb]);
    const worse = judged([fc + 1, nc, fb, nb]);
    const better = judged([fc, nc, fb + 1, nb]);
    expect(worse.logFail).toBeGreaterThanOrEqual(here.logFail);
    expect(worse.logPassRatio).toBeLessThanOrEqual(here.logPassRatio);
    expect(worse.logPassLimit).toBeLessThanOrEqual(here.logPassLimit);
    expect(better.logFail).toBeLessThanOrEqual(here.logFail + 1e-12);
    expect(better.logPassRatio).toBeGreaterThanOrEqual(here.logPassRatio);
    expect(better.logPassLimit).toBe(here.logPassLimit);
  }
  expect(dispersionOf(before.clustering.errors ?? { seen: 0, expected: 0, pairs: 0, waiting: {} })).toBe(1);
});

test.each(seeds)("an empty look is none, wherever it comes, seed %i", (seed) => {
  const random = seeded(seed);
  const split = aSplit(random);
  const looks = Array.from({ length: 4 }, () => look("5", counted(random, split)));
  const at = random.below(5);
  for (const metric of metrics) {
    const withEmpty = [...looks.slice(0, at), look("5", [0, 0, 0, 0]), ...looks.slice(at)];
    const elsewhere = [...looks.slice(0, at), look("99", [0, 0, 0, 0]), ...looks.slice(at)];
    const judged = (all: readonly MetricBatch[]) => judgeMetric(metric, stateOf(metric, all), levels);
    expect(judged(withEmpty)).toEqual(judged(looks));
    expect(judged(elsewhere)).toEqual(judged(looks));
    expect(addLook(metric, startMetric(), [])).toEqual(startMetric());
  }
});

test.each(seeds)("a latency metric sees its bounds in any order and cadence, seed %i", (seed) => {
  const random = seeded(seed);
  const bounds = ["0.05", "0.1", "0.5"];
  const batch = (names: readonly string[], counts: readonly Counts[]): MetricBatch => ({
    stratum: "5",
    streams: Object.fromEntries(
      names.map((name) => {
        const [ec, nc, eb, nb] = counts[bounds.indexOf(name)] ?? [0, 0, 0, 0];
        return [name, { candidate: { bad: ec, total: nc }, baseline: { bad: eb, total: nb } }];
      }),
    ),
  });
  const split = aSplit(random);
  const minutes = Array.from({ length: 6 }, () => bounds.map(() => counted(random, split)));
  const one = stateOf(
    latency,
    minutes.map((counts) => batch(bounds, counts)),
  );
  const other = stateOf(
    latency,
    minutes.map((counts) => batch(bounds.toReversed(), counts)),
  );
  expect(judgeMetric(latency, other, levels).logFail).toBeCloseTo(
    judgeMetric(latency, one, levels).logFail,
    10,
  );
});

/** A counter that is scraped every 15 s, and starts again now and then. */
function scraped(random: Random) {
  let value = 1000;
  const samples = Array.from({ length: 40 }, (_, index) => {
    value = random.next() < 0.05 ? random.below(5) : value + random.below(30);
    return { ms: 15_000 * index, value };
  });
  return { labels: { job: "web", pod: "web-1", instance: "a" }, samples };
}

test.each(seeds)("counters grow by the same, however often they are read, seed %i", (seed) => {
  const random = seeded(seed);
  const series = scraped(random);
  const strata = [{ name: "5", fromMs: 0 }];
  const until = 15_000 * 40;
  const read = (fromMs: number, untilMs: number) => ({
    total: [{ ...series, samples: series.samples.filter(({ ms }) => ms >= fromMs && ms <= untilMs) }],
  });
  const whole = countGrowth(noCounters, read(0, until), { strata, untilMs: until, bornFromZero: false });
  let state = noCounters;
  let grown = 0;
  for (let ms = 0; ms < until; ) {
    const next = Math.min(until, ms + 1000 * (1 + random.below(90)));
    // Looks overlap, as those of the action do.
    const counted = countGrowth(state, read(ms - 60_000, next), {
      strata,
      untilMs: next,
      bornFromZero: false,
    });
    state = counted.state;
    grown += counted.increases["5"]?.total ?? 0;
    ms = next;
  }
  expect(grown).toBe(whole.increases["5"]?.total);
});
