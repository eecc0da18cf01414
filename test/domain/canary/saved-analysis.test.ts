import { expect, test } from "vitest";
import {
  type Analysis,
  type ArmReadings,
  startAnalysis,
  takeLook,
} from "../../../src/domain/canary/analysis.ts";
import type { Stratum } from "../../../src/domain/canary/counters.ts";
import { isCounted, type Metric } from "../../../src/domain/canary/metric.ts";
import { parseMetrics } from "../../../src/domain/canary/parse-metrics.ts";
import { readSavedAnalysis, saveAnalysis } from "../../../src/domain/canary/saved-analysis.ts";
import type { Series } from "../../../src/domain/canary/series.ts";
import { type Random, seeded } from "./random.ts";

const errorRate = (name: string) => `- name: ${name}
  errors: errors_total{ {{arm}} }
  requests: requests_total{ {{arm}} }
  limit: 1%
`;
const latency = (name: string) => `- name: ${name}
  buckets: duration_bucket{ {{arm}} }
  limit: p95 500ms
`;
const bounds = [0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, Infinity];
const weights = [5, 15, 25, 35, 45, 55, 65, 75, 85, 95];
const stepMs = 900_000;
const lookMs = 60_000;

function metricsOf(text: string): readonly Metric[] {
  return parseMetrics({ input: "metrics", text }, { toleratedRatio: 1.2, unacceptableRatio: 2 });
}

/** A whole default ramp over so many processes of each version. */
function ramp(metrics: readonly Metric[], processes: number): Analysis {
  const random = seeded(5);
  const strata: readonly Stratum[] = weights.map((weight, index) => ({
    name: String(weight),
    fromMs: index * stepMs,
    untilMs: (index + 1) * stepMs,
  }));
  const counters = new Map<string, number>();
  let analysis = startAnalysis(metrics);
  for (let untilMs = 0; untilMs <= weights.length * stepMs; untilMs += lookMs) {
    const readings = Object.fromEntries(
      metrics.map((metric) => [metric.name, readingOf(metric, { processes, untilMs, counters, random })]),
    );
    analysis = takeLook(metrics, analysis, {
      readings,
      window: { strata, untilMs, confidence: 0.95 },
    }).analysis;
  }
  return analysis;
}

interface Now {
  readonly processes: number;
  readonly untilMs: number;
  readonly counters: Map<string, number>;
  readonly random: Random;
}

function readingOf(metric: Metric, now: Now): ArmReadings {
  if (!isCounted(metric)) throw new Error("no metric of this test has values");
  const arm = (name: string) => {
    const grown = (key: string, by: number) => {
      now.counters.set(key, (now.counters.get(key) ?? 0) + by);
      return now.counters.get(key) ?? 0;
    };
    const series = (role: string, labels: Readonly<Record<string, string>>, by: () => number) =>
      Array.from({ length: now.processes }, (_none, index): Series => {
        const pod = {
          job: "web",
          instance: `10.0.${index}.1:8080`,
          pod: `${name}-7d9f8b6c5-${index}`,
          ...labels,
        };
        const value = grown(`${metric.name} ${name} ${index} ${role}`, by());
        return { labels: pod, samples: [{ ms: now.untilMs, value }] };
      });
    if (metric.source.kind === "errors")
      return {
        bad: series("bad", { status: "500" }, () => now.random.binomial(40, 0.003)),
        total: series("total", {}, () => 40),
      };
    return Object.fromEntries(
      bounds.map((bound, index) => [
        String(bound),
        series(String(bound), { le: String(bound) }, () => (bound === Infinity ? 40 : 2 * index)),
      ]),
    );
  };
  return { candidate: arm("web-candidate"), baseline: arm("web") };
}

test("the sums of four error rates and two histograms over a whole ramp stay below 60 kB", () => {
  const metrics = metricsOf(
    ["a", "b", "c", "d"].map(errorRate).join("") + ["fast", "slow"].map(latency).join(""),
  );
  const size = JSON.stringify(saveAnalysis(ramp(metrics, 5))).length;
  expect(size).toBeLessThan(60_000);
});

test("the sums do not grow with the series of a process", () => {
  const metrics = metricsOf(latency("latency"));
  const sizes = [1, 40].map((count) => JSON.stringify(saveAnalysis(ramp(metrics, count))).length);
  const [one = 0, forty = 0] = sizes;
  // Of each process, one line: its name and the time of its last scrape.
  expect((forty - one) / 39 / 2).toBeLessThan(100);
});

test("saveAnalysis() loses nothing of the sums", () => {
  const metrics = metricsOf(errorRate("errors") + latency("latency"));
  const analysis = ramp(metrics, 2);
  const saved = readSavedAnalysis(metrics, JSON.parse(JSON.stringify(saveAnalysis(analysis))));
  for (const { name } of metrics) {
    const [was, is] = [analysis[name], saved?.[name]];
    expect(is).toMatchObject({ kind: "counted", judged: was?.judged });
    expect(is).not.toHaveProperty("candidate");
  }
});

test.each([
  { name: "nothing", text: undefined },
  { name: "another metric", text: { other: { kind: "counted", judged: {} } } },
  { name: "a metric of another kind", text: { errors: { kind: "valued", judged: {} } } },
  { name: "sums without marks", text: { errors: { kind: "counted", judged: {}, requests: {} } } },
])("readSavedAnalysis() does not take $name for its own", ({ text }) => {
  expect(readSavedAnalysis(metricsOf(errorRate("errors")), text)).toBeUndefined();
});
