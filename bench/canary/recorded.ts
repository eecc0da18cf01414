import type { ArmReadings } from "../../src/domain/canary/analysis.ts";
import type { Reading } from "../../src/domain/canary/counters.ts";
import type { CountedMetric, Metric, ValuedMetric } from "../../src/domain/canary/metric.ts";
import type { Series } from "../../src/domain/canary/series.ts";
import { type Random, seeded } from "./random.ts";

type Readings = Readonly<Record<string, ArmReadings>>;

const scrapeMs = 15_000;
const scrapes = 240;
const bounds = ["0.05", "0.1", "0.25", "0.5", "1", "Infinity"];

const counted = {
  toleratedRatio: 1.2,
  unacceptableRatio: 2,
  weight: 1,
  critical: true,
};

function metricNumber(index: number): Metric {
  const name = `metric-${index}`;
  const errors: CountedMetric = {
    ...counted,
    name,
    source: { kind: "errors", errors: "e", requests: "r" },
    limit: { share: 0.01 },
  };
  const latency: CountedMetric = {
    ...counted,
    name,
    source: { kind: "latency", buckets: "b" },
    limit: { share: 0.05, seconds: 0.5 },
  };
  const gauge: ValuedMetric = {
    name,
    source: { kind: "gauge", gauge: "g" },
    compare: {
      direction: "increase",
      toleratedRatio: 1.2,
      unacceptableRatio: 2,
      test: { kind: "mann-whitney", looks: 4, pairsPerLook: 10, tolerance: 0.25 },
    },
    weight: 1,
    critical: true,
  };
  return [errors, latency, errors, gauge][index % 4] ?? errors;
}

/** An hour of both versions, scraped every 15 s: so many metrics, each of about so many series for each version. */
export function recorded(metricCount: number, seriesPerArm: number) {
  const metrics = Array.from({ length: metricCount }, (_, index) => metricNumber(index));
  const random = seeded(1);
  const entries = metrics.map(({ name, source }) => {
    const arm = (pod: string) => readingOf(random, { kind: source.kind, pod, seriesPerArm });
    return [name, { candidate: arm("candidate"), baseline: arm("stable") }] as const;
  });
  const readings: Readings = Object.fromEntries(entries);
  const fromMs = -1;
  const untilMs = scrapes * scrapeMs;
  return {
    metrics,
    readings,
    fromMs,
    untilMs,
    lastsMs: untilMs - fromMs,
    readingsUntil: (ms: number) => windowOf(readings, ms),
  };
}

interface Wanted {
  readonly kind: string;
  readonly pod: string;
  readonly seriesPerArm: number;
}

/** Pods of about ten series each. */
function readingOf(random: Random, { kind, pod, seriesPerArm }: Wanted): Reading {
  const labels = (index: number, more: Readonly<Record<string, string>>) => ({
    job: "web",
    pod: `${pod}-${Math.floor(index / 10)}`,
    instance: `10.0.0.${Math.floor(index / 10)}:8080`,
    path: `/${index % 10}`,
    ...more,
  });
  const all = Array.from({ length: seriesPerArm }, (_, index) => index);
  if (kind === "gauge") return { value: all.map((index) => gaugeOf(random, labels(index, {}))) };
  if (kind === "latency") {
    const perBound = Math.max(1, Math.round(seriesPerArm / bounds.length));
    const grow = bounds.map((_, bound) => 20 * (1 - 0.3 ** (bound + 1)));
    return Object.fromEntries(
      bounds.map((le, bound) => [
        le,
        all
          .slice(0, perBound)
          .map((index) => counterOf(random, labels(index, { le }), { growth: grow[bound] ?? 20 })),
      ]),
    );
  }
  const failing = Math.ceil(seriesPerArm / 5);
  const of = (index: number) =>
    counterOf(random, labels(index, { status: index < failing ? "500" : "200" }), {
      growth: index < failing ? 0.05 : 20,
    });
  const total = all.map(of);
  return { total, bad: total.slice(0, failing) };
}

function counterOf(random: Random, labels: Series["labels"], { growth }: { growth: number }): Series {
  let value = 1000;
  const samples = Array.from({ length: scrapes }, (_, index) => {
    value += Math.floor(growth + random.next());
    return { ms: index * scrapeMs, value };
  });
  return { labels, samples };
}

function gaugeOf(random: Random, labels: Series["labels"]): Series {
  const samples = Array.from({ length: scrapes }, (_, index) => ({
    ms: index * scrapeMs,
    value: 1 + random.next(),
  }));
  return { labels, samples };
}

/** What a look reads: the last minute and the time since the look before. */
function windowOf(readings: Readings, untilMs: number): Readings {
  const cut = (reading: Reading): Reading =>
    Object.fromEntries(
      Object.entries(reading).map(([role, list]) => [
        role,
        list.map(({ labels, samples }) => {
          const last = Math.min(samples.length, Math.floor(untilMs / scrapeMs) + 1);
          return { labels, samples: samples.slice(Math.max(0, last - 5), last) };
        }),
      ]),
    );
  return Object.fromEntries(
    Object.entries(readings).map(([name, { candidate, baseline }]) => [
      name,
      { candidate: cut(candidate), baseline: cut(baseline) },
    ]),
  );
}

export function samplesIn(readings: Readings): number {
  return Object.values(readings)
    .flatMap(({ candidate, baseline }) => [...Object.values(candidate), ...Object.values(baseline)])
    .flat()
    .reduce((sum, { samples }) => sum + samples.length, 0);
}
