import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { classify, type KayentaRule } from "../../../src/domain/kayenta/classify.ts";
import { outliers, removeNaNs, removeOutliers, replaceNaNs } from "../../../src/domain/kayenta/clean.ts";
import { shiftInterval, shiftStatistic } from "../../../src/domain/kayenta/mann-whitney.ts";
import { normalQuantile } from "../../../src/domain/kayenta/normal.ts";
import { labelOf, scoreOf } from "../../../src/domain/kayenta/score.ts";
import { commonLanguageEffect, meanRatio, percentile } from "../../../src/domain/kayenta/statistics.ts";

const file = new URL("../../../../shared/fixtures/kayenta-vectors.json", import.meta.url);
const isThere = existsSync(file);
if (!isThere) console.log("The vectors of Kayenta are not on this machine: their tests are skipped");

type Values = Readonly<Record<string, unknown>>;
interface Vector {
  readonly id: string;
  readonly kind: string;
  readonly deterministic: boolean;
  readonly input: Values;
  readonly expected: Values;
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

function numbers(value: unknown): readonly number[] {
  const name = (value as { $dataset?: string }).$dataset;
  const list = name === undefined ? (value as readonly unknown[]) : (known.datasets[name] ?? []);
  return list.map((one) => (one === "NaN" ? Number.NaN : Number(one)));
}

function near(actual: number, expected: unknown, tolerance: unknown): void {
  if (expected === "NaN") expect(actual).toBeNaN();
  // Upstream asserts equality of doubles in another language: a few units in the last place are let through.
  else
    expect(Math.abs(actual - Number(expected))).toBeLessThanOrEqual(Math.max(Number(tolerance ?? 0), 1e-9));
}

const noise = () => 0.5;

function ruleOf(input: Values): KayentaRule {
  const { direction, nanStrategy, critical, mustHaveData, tolerance } = input;
  return {
    ...({ direction, nanStrategy, critical, mustHaveData, tolerance } as KayentaRule),
    confidence: Number(input.confidenceLevel),
    effect: input.effectSizeMeasure as KayentaRule["effect"],
    allowedIncrease: Number(input.allowedIncrease),
    allowedDecrease: Number(input.allowedDecrease),
    criticalIncrease: Number(input.criticalIncrease),
    criticalDecrease: Number(input.criticalDecrease),
  };
}

const checks: Readonly<Record<string, (input: Values, expected: Values) => void>> = {
  wilcoxonDiff: (input, expected) => {
    const found =
      shiftStatistic(numbers(input.x), numbers(input.y), Number(input.mu)) - Number(input.quantile);
    near(found, expected.value, expected.tolerance);
  },
  normalQuantile: ({ p }, { value, tolerance }) => near(normalQuantile(Number(p)), value, tolerance),
  mannWhitneyUTest: (input, expected) => {
    const found = shiftInterval(
      numbers(input.experiment),
      numbers(input.control),
      Number(input.confidenceLevel),
    );
    near(found.low, expected.ciLow, expected.ciTolerance);
    near(found.high, expected.ciHigh, expected.ciTolerance);
    if (expected.estimate !== undefined) near(found.estimate, expected.estimate, expected.estimateTolerance);
  },
  mannWhitneyClassify: (input, expected) => {
    const clean = (key: string) =>
      input.nanStrategy === "replace" ? replaceNaNs(numbers(input[key]), 0) : removeNaNs(numbers(input[key]));
    const found = classify(clean("experiment"), clean("control"), ruleOf(input), noise);
    if (expected.classification !== undefined) expect(found.classification).toBe(expected.classification);
    if (expected.critical !== undefined) expect(found.isCritical).toBe(expected.critical);
    if (expected.deviation !== undefined) near(found.deviation, expected.deviation, 1e-9);
    if (expected.reasonPresent === true) expect(found.reason).not.toBe("");
  },
  cles: (input, { value, tolerance }) =>
    near(commonLanguageEffect(numbers(input.experiment), numbers(input.control)), value, tolerance),
  meanRatio: (input, { value, tolerance }) =>
    near(meanRatio(numbers(input.experiment), numbers(input.control)), value, tolerance),
  percentileR7: (input, { value, tolerance }) =>
    near(percentile(numbers(input.values), Number(input.p)), value, tolerance),
  iqrDetect: (input, expected) =>
    expect(
      outliers(numbers(input.values), {
        factor: Number(input.factor),
        reduceSensitivity: input.reduceSensitivity === true,
      }),
    ).toEqual(expected.outliers),
  removeOutliersIqr: (input, expected) =>
    expect(
      removeOutliers(numbers(input.values), {
        factor: Number(input.factor),
        reduceSensitivity: input.reduceSensitivity === true,
      }),
    ).toEqual(expected.values),
  removeNaNs: (input, expected) => expect(removeNaNs(numbers(input.values))).toEqual(expected.values),
  replaceNaNs: (input, expected) =>
    expect(replaceNaNs(numbers(input.values), Number(input.replacement))).toEqual(expected.values),
  weightedSumScore: (input, expected) => {
    const metrics = input.metrics as readonly (Values & {
      classification: never;
      groups: readonly string[];
    })[];
    const { summary, groups } = scoreOf(
      metrics.map(({ classification, groups: of, critical, muted }) => ({
        classification,
        groups: of,
        isCritical: critical === true,
        isMuted: muted === true,
      })),
      input.groupWeights as Readonly<Record<string, number>>,
    );
    expect(summary).toBe(expected.summaryScore);
    if (expected.groupScoresSorted !== undefined)
      expect(Object.values(groups).toSorted((a, b) => a - b)).toEqual(expected.groupScoresSorted);
  },
  thresholdScore: (input, expected) =>
    expect(labelOf(Number(input.score), { pass: Number(input.pass), marginal: Number(input.marginal) })).toBe(
      expected.classification,
    ),
};

describe.skipIf(!isThere)("equal to Kayenta", () => {
  const ours = all.filter((one) => one.kind in checks);

  test("every kind of vector that is claimed is there", () => {
    expect([...new Set(ours.map(({ kind }) => kind))].toSorted()).toEqual(Object.keys(checks).toSorted());
  });

  test.each(ours)("$kind: $id", ({ kind, input, expected }) => {
    checks[kind]?.(input, expected);
  });
});
