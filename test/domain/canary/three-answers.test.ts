import { expect, test } from "vitest";
import { addFound, type Found, judgeAnalysis, startAnalysis } from "../../../src/domain/canary/analysis.ts";
import type { Metric } from "../../../src/domain/canary/metric.ts";
import { parseMetrics } from "../../../src/domain/canary/parse-metrics.ts";
import { verdictOf } from "../../../src/domain/canary/verdict.ts";
import { seeded } from "./random.ts";

const ratios = { toleratedRatio: 1.2, unacceptableRatio: 2 };
const read = (text: string) => parseMetrics({ input: "metrics", text }, ratios);

const errors = "errors: 'e{ {{arm}} }', requests: 'r{ {{arm}} }'";
const limited = read(`- {name: m, ${errors}, limit: 1%}`);
const unlimited = read(`- {name: m, ${errors}}`);
const p95 = read("- {name: m, buckets: 'b{ {{arm}} }', limit: p95 500ms}");

type Counters = Readonly<Record<string, number>>;

/** One look at one weight: what the counters of both versions grew by. */
function grown(candidate: Counters, baseline: Counters): Found {
  return { growths: { m: [{ stratum: "5", candidate, baseline }] }, values: {} };
}

function verdictAfter(metrics: readonly Metric[], looks: readonly Found[]) {
  let analysis = startAnalysis(metrics);
  for (const found of looks) analysis = addFound(metrics, analysis, { found, confidence: 0.95 }).analysis;
  const judgements = judgeAnalysis(metrics, analysis, 0.95);
  return { kind: verdictOf(metrics, judgements).kind, judged: judgements[0]?.kind };
}

const hour = (found: Found) => Array.from({ length: 60 }, () => found);
const answered = { "0.25": 60, "0.5": 60, Infinity: 60 };
const answeredByBaseline = { "0.25": 540, "0.5": 540, Infinity: 540 };
const slowly = { "0.25": 0, "0.5": 0, Infinity: 60 };

test.each<{
  name: string;
  metrics: readonly Metric[];
  looks: readonly Found[];
  verdict: "pass" | "fail" | "inconclusive";
}>([
  {
    name: "a healthy service without any error",
    metrics: limited,
    looks: hour(grown({ total: 60, bad: 0 }, { total: 540, bad: 0 })),
    verdict: "pass",
  },
  {
    name: "a healthy service without any error series",
    metrics: limited,
    looks: hour(grown({ total: 60 }, { total: 540 })),
    verdict: "pass",
  },
  {
    name: "a healthy service without any error and without a limit",
    metrics: unlimited,
    looks: hour(grown({ total: 60 }, { total: 540 })),
    verdict: "pass",
  },
  {
    name: "no error, and too little traffic to show anything by it",
    metrics: limited,
    looks: hour(grown({ total: 5 }, { total: 45 })),
    verdict: "inconclusive",
  },
  {
    name: "no error and no limit, and too little traffic",
    metrics: unlimited,
    looks: hour(grown({ total: 20 }, { total: 180 })),
    verdict: "inconclusive",
  },
  { name: "no look", metrics: limited, looks: [], verdict: "inconclusive" },
  {
    name: "looks that found nothing",
    metrics: limited,
    looks: hour({ growths: {}, values: {} }),
    verdict: "inconclusive",
  },
  {
    name: "no requests of either version",
    metrics: limited,
    looks: hour(grown({ total: 0 }, { total: 0 })),
    verdict: "inconclusive",
  },
  {
    name: "no requests of the candidate",
    metrics: limited,
    looks: hour(grown({}, { total: 540, bad: 2 })),
    verdict: "inconclusive",
  },
  {
    name: "NaN",
    metrics: limited,
    looks: hour(grown({ total: Number.NaN, bad: Number.NaN }, { total: 540 })),
    verdict: "inconclusive",
  },
  {
    name: "NaN of the baseline",
    metrics: limited,
    looks: hour(grown({ total: 60, bad: 0 }, { total: Number.NaN })),
    verdict: "inconclusive",
  },
  {
    name: "infinity",
    metrics: limited,
    looks: hour(grown({ total: Number.POSITIVE_INFINITY }, { total: 540 })),
    verdict: "inconclusive",
  },
  {
    name: "nothing but errors",
    metrics: limited,
    looks: hour(grown({ total: 60, bad: 60 }, { total: 540, bad: 3 })),
    verdict: "fail",
  },
  {
    name: "nothing but errors of both versions",
    metrics: limited,
    looks: hour(grown({ total: 60, bad: 60 }, { total: 540, bad: 540 })),
    verdict: "fail",
  },
  {
    name: "nothing but slow answers of both versions",
    metrics: p95,
    looks: hour(grown(slowly, { "0.25": 0, "0.5": 0, Infinity: 540 })),
    verdict: "fail",
  },
  {
    name: "a fast service in which no answer is slow",
    metrics: p95,
    looks: hour(grown(answered, answeredByBaseline)),
    verdict: "pass",
  },
  {
    name: "buckets of which the candidate has none but the last",
    metrics: p95,
    looks: hour(grown({ Infinity: 60 }, answeredByBaseline)),
    verdict: "inconclusive",
  },
  {
    name: "a baseline that is gone, without a limit",
    metrics: unlimited,
    looks: hour(grown({ total: 60, bad: 1 }, {})),
    verdict: "inconclusive",
  },
])("$name: $verdict", ({ metrics, looks, verdict }) => {
  expect(verdictAfter(metrics, looks).kind).toBe(verdict);
});

test("a baseline that is gone does not pass by the limit either", () => {
  const gone = hour(grown({ total: 60, bad: 0 }, {}));
  expect(verdictAfter(limited, gone).kind).toBe("inconclusive");
});

const cpu = read("- {name: m, gauge: 'cpu{ {{arm}} }', test: mann-whitney, looks: 2, pairs-per-look: 5}");
const conversion = read("- {name: m, query: 'c{ {{arm}} }', pass: '> 0.95'}");
const notBelow = read("- {name: m, query: 'c{ {{arm}} }', fail: '< 0.95'}");
const relative = read("- {name: m, query: 'c{ {{arm}} }', pass: '>= -2%'}");

function values(candidate: number | undefined, baseline: number | undefined): Found {
  return { growths: {}, values: { m: { candidate, baseline } } };
}

const noisy = (seed: number) => {
  const random = seeded(seed);
  return Array.from({ length: 30 }, () => values(1 + random.next(), 1 + random.next()));
};

test.each<{ name: string; metrics: readonly Metric[]; looks: readonly Found[]; verdict: string }>([
  { name: "a gauge as high as the baseline's", metrics: cpu, looks: noisy(3), verdict: "pass" },
  {
    name: "a gauge of too few intervals",
    metrics: cpu,
    looks: noisy(3).slice(0, 9),
    verdict: "inconclusive",
  },
  { name: "a gauge of NaN", metrics: cpu, looks: hour(values(Number.NaN, 1)), verdict: "inconclusive" },
  {
    name: "a gauge whose baseline is gone",
    metrics: cpu,
    looks: hour(values(1, undefined)),
    verdict: "inconclusive",
  },
  {
    name: "a value that meets its criterion",
    metrics: conversion,
    looks: hour(values(0.96, undefined)),
    verdict: "pass",
  },
  {
    name: "a value that does not",
    metrics: conversion,
    looks: hour(values(0.94, undefined)),
    verdict: "fail",
  },
  {
    name: "no value",
    metrics: conversion,
    looks: hour(values(undefined, undefined)),
    verdict: "inconclusive",
  },
  {
    name: "NaN where only failing is named",
    metrics: notBelow,
    looks: hour(values(Number.NaN, 1)),
    verdict: "inconclusive",
  },
  {
    name: "a relative criterion whose baseline is gone",
    metrics: relative,
    looks: hour(values(1, undefined)),
    verdict: "inconclusive",
  },
])("$name: $verdict", ({ metrics, looks, verdict }) => {
  expect(verdictAfter(metrics, looks).kind).toBe(verdict);
});
