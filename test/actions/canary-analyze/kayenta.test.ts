import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { canaryResult } from "../../../src/actions/canary-analyze/report.ts";
import { analyze } from "../../../src/actions/canary-analyze/run.ts";
import { ConfigError } from "../../../src/core/errors.ts";
import { kayentaVerdict } from "../../../src/domain/canary/kayenta-verdict.ts";
import type { Metric } from "../../../src/domain/canary/metric.ts";
import { parseMetrics } from "../../../src/domain/canary/parse-metrics.ts";
import { decodeRecording } from "../../../src/domain/canary/recording-file.ts";
import { replay } from "../../../src/domain/canary/replay.ts";
import { labelOf } from "../../../src/domain/kayenta/score.ts";
import { rampInputs } from "./world.ts";

type Arm = readonly (number | undefined)[];

const startMs = 1_700_000_000_000;
const intervalMs = 15_000;

/** Analyzes one metric whose versions have these values, one for each look. */
async function analyzed(text: string, arms: { readonly candidate: Arm; readonly baseline: Arm }) {
  let nowMs = startMs;
  const looks = Math.max(1, arms.candidate.length, arms.baseline.length);
  const valueAt = (query: string, ms: number) => {
    const index = Math.round((ms + 1000 - startMs) / intervalMs) - 1;
    // Before the first look the baseline has a value: without one nothing begins.
    if (index < 0) return 1;
    return arms[query.includes('"candidate"') ? "candidate" : "baseline"][index];
  };
  const inputs = {
    ...rampInputs(text),
    intervalMs,
    longestIntervalMs: intervalMs,
    durationMs: looks * intervalMs,
  };
  const metrics = parseMetrics({ input: "metrics", text }, inputs);
  const outcome = await analyze({
    inputs: { ...inputs, minimumRequests: 1 },
    metrics,
    ports: {
      clock: {
        now: () => nowMs,
        sleep: async (ms) => {
          nowMs += ms;
        },
      },
      metrics: {
        samples: () => Promise.reject(new Error("only queries are asked")),
        values: async (query, ms) => {
          const value = valueAt(query, ms);
          return value === undefined ? [] : [{ labels: {}, samples: [{ ms, value }] }];
        },
      },
      say: () => undefined,
      signal: new AbortController().signal,
    },
  });
  const { details } = canaryResult({ ...inputs, mode: "analyze" }, metrics, outcome);
  const recording = decodeRecording(JSON.parse(JSON.stringify(details.recording)));
  expect(replay(recording).isIdentical).toBe(true);
  return { verdict: outcome.verdict, judged: outcome.watch.judgements()[0] };
}

const file = new URL("../../../../shared/fixtures/kayenta-vectors.json", import.meta.url);
const isThere = existsSync(file);
interface Vector {
  readonly id: string;
  readonly kind: string;
  readonly deterministic: boolean;
  readonly input: Readonly<Record<string, unknown>>;
  readonly expected: Readonly<Record<string, unknown>>;
}
interface Vectors {
  readonly datasets: Readonly<Record<string, readonly number[]>>;
  readonly vectors: readonly Vector[];
  readonly issueVectors: readonly Vector[];
  readonly derivedVectors: readonly Vector[];
}
const known: Vectors = isThere
  ? (JSON.parse(readFileSync(file, "utf8")) as Vectors)
  : { datasets: {}, vectors: [], issueVectors: [], derivedVectors: [] };
const all = [...known.vectors, ...known.issueVectors, ...known.derivedVectors].filter(
  (one) => one.deterministic,
);

function armOf(value: unknown): Arm {
  const name = (value as { $dataset?: string }).$dataset;
  const list = name === undefined ? (value as readonly unknown[]) : (known.datasets[name] ?? []);
  return list.map((one) => (one === "NaN" ? undefined : Number(one)));
}

/** The judge of Kayenta has these as constants; its classifier alone can be given others. */
const isJudges = ({ kind, input }: Vector) =>
  kind === "mannWhitneyClassify" &&
  input.confidenceLevel === 0.98 &&
  input.tolerance === 0.25 &&
  (input.nanStrategy !== "replace" || armOf(input.experiment).length === armOf(input.control).length) &&
  armOf(input.experiment).length + armOf(input.control).length > 0;

function metricOf({ input }: Vector): string {
  const kayenta = {
    intervals: Math.max(1, armOf(input.experiment).length, armOf(input.control).length),
    nan: input.nanStrategy,
    effect: input.effectSizeMeasure === "cles" ? "cles" : "mean-ratio",
    "allowed-increase": input.allowedIncrease,
    "allowed-decrease": input.allowedDecrease,
    "critical-increase": input.criticalIncrease,
    "critical-decrease": input.criticalDecrease,
    "must-have-data": input.mustHaveData,
    critical: input.critical,
  };
  return JSON.stringify([
    { name: "m", query: "m{ {{arm}} }", test: "kayenta", direction: input.direction, kayenta },
  ]);
}

const wanted: Readonly<Record<string, string>> = { Pass: "pass", High: "fail", Low: "fail" };

describe.skipIf(!isThere)("the action says what Kayenta says", () => {
  const ours = all.filter(isJudges);

  test("there are vectors of all that its judge says", () => {
    expect(ours.length).toBeGreaterThanOrEqual(10);
    const said = new Set(ours.map(({ expected }) => expected.classification));
    expect([...said]).toEqual(expect.arrayContaining(["Pass", "High", "Nodata", "NodataFailMetric"]));
  });

  test.each(ours)("$id", async (vector) => {
    const { expected, input } = vector;
    const arms = { candidate: armOf(input.experiment), baseline: armOf(input.control) };
    const { verdict, judged } = await analyzed(metricOf(vector), arms);
    if (expected.classification === undefined) return;
    expect(judged?.kayenta?.classification).toBe(expected.classification);
    if (expected.critical !== undefined) expect(judged?.kayenta?.isCritical).toBe(expected.critical);
    // One metric alone scores 0 or 100; what Kayenta cannot judge never passes.
    expect(verdict.kind).toBe(wanted[String(expected.classification)] ?? "inconclusive");
  });

  test.each(all.filter(({ kind }) => kind === "weightedSumScore"))("score of $id", ({ input, expected }) => {
    const rows = input.metrics as readonly Readonly<Record<string, unknown>>[];
    const score = { pass: 95, marginal: 75, weights: input.groupWeights };
    const metrics = rows.map((row, index) => ({
      name: String(index),
      critical: row.muted !== true,
      source: { kind: "value", query: "q" },
      weight: 1,
      kayenta: { groups: row.groups, intervals: 1, rule: {}, ...(index === 0 ? { score } : {}) },
    })) as unknown as readonly Metric[];
    const judgements = rows.map(({ classification, critical }, index) => ({
      name: String(index),
      kind: { Pass: "passed", High: "failed", Low: "failed" }[String(classification)] ?? "unusable",
      sentence: `${index}: ${classification}`,
      kayenta: { classification, isCritical: critical === true },
    }));
    const verdict = kayentaVerdict(metrics, judgements as never);
    const deciding = rows.filter(({ muted }) => muted !== true);
    if (deciding.length === 0) return expect(verdict).toBeUndefined();
    const hasGap = deciding.some(
      ({ classification }) => !["Pass", "High", "Low"].includes(String(classification)),
    );
    const label = labelOf(Number(expected.summaryScore), { pass: 95, marginal: 75 });
    const kind = { Pass: "pass", Marginal: "inconclusive", Fail: "fail" }[label];
    expect(verdict?.kind).toBe(hasGap ? "inconclusive" : kind);
    if (!hasGap && kind !== "pass")
      expect(JSON.stringify(verdict)).toContain(`score is ${expected.summaryScore}`);
  });
});

const metric = "- {name: m, query: 'm{ {{arm}} }', test: kayenta, kayenta: {intervals: 6}}";
const steady = [1, 1.1, 0.9, 1.05, 0.95, 1];

test("analyze() with Kayenta's judge is open until its intervals are over, then fails at once", async () => {
  const { verdict, judged } = await analyzed(metric, {
    candidate: steady.map((one) => one * 3),
    baseline: steady,
  });
  expect(judged?.kayenta?.classification).toBe("High");
  expect(verdict).toMatchObject({ kind: "fail" });
  expect(JSON.stringify(verdict)).toContain("Kayenta's score is 0, below 75");
  const short = await analyzed(metric.replace("6", "7"), {
    candidate: steady.map((one) => one * 3),
    baseline: steady,
  });
  expect(short.verdict).toMatchObject({ kind: "inconclusive", missing: ["m: 6 of 7 intervals are over"] });
});

test.each([
  { name: "a candidate without values", candidate: steady.map(() => undefined), says: "Nodata" },
  {
    name: "an arm of one value, which Kayenta scores 100",
    candidate: [3, ...steady.slice(1).map(() => undefined)],
    says: undefined,
  },
])("analyze() of $name never passes", async ({ candidate, says }) => {
  const baseline = says === undefined ? [1, ...steady.slice(1).map(() => undefined)] : steady;
  const { verdict, judged } = await analyzed(metric, { candidate, baseline });
  if (says !== undefined) expect(judged?.kayenta?.classification).toBe(says);
  expect(verdict.kind).not.toBe("pass");
});

test.each([
  { text: metric.replace("kayenta, kayenta", "sign, kayenta"), says: /kayenta is for the test kayenta/ },
  {
    text: "- {name: m, query: 'm{ {{arm}} }', test: sign, direction: either}",
    says: /direction must be increase or decrease/,
  },
  {
    text: metric.replace("test:", "pass: '> 1', test:"),
    says: /pass and the test kayenta exclude each other/,
  },
  {
    text: metric.replace("intervals: 6", "score: {pass: 50, marginal: 60}"),
    says: /marginal score of at most pass \(50\): got 60/,
  },
  {
    text: `${metric.replace("intervals: 6", "score: {}")}\n${metric.replace("intervals: 6", "score: {}").replace("name: m", "name: n")}`,
    says: /another metric says what a score means/,
  },
  { text: metric.replace("intervals", "interval"), says: /unknown key "interval", did you mean "intervals"/ },
])("parseMetrics() refuses $text", ({ text, says }) => {
  const read = () => parseMetrics({ input: "metrics", text }, { toleratedRatio: 1.2, unacceptableRatio: 2 });
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(says);
});
