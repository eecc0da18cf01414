import { type Classified, classify, type KayentaRule } from "../kayenta/classify.ts";
import { removeNaNs, removeOutliers, replaceNaNs } from "../kayenta/clean.ts";
import { seeded } from "./seeded.ts";

/** Kayenta's judge for one metric: after so many intervals, once. */
export interface KayentaTest {
  readonly rule: KayentaRule;
  /** Values beyond so many times the range between the quartiles are dropped. Absent: none is. */
  readonly outlierFactor?: number;
  readonly groups: readonly string[];
  readonly intervals: number;
  /** Of the whole canary; at most one metric says it. */
  readonly score?: KayentaScoring;
}

/** What a score means, and which part of it each group is, in percent. */
export interface KayentaScoring {
  readonly pass: number;
  readonly marginal: number;
  readonly weights: Readonly<Record<string, number>>;
}

/** Kayenta's own usual thresholds. */
export const usualScoring: KayentaScoring = { pass: 95, marginal: 75, weights: {} };

/** Values of each arm so far, NaN where an interval had none. Plain data, so that it resumes and replays. */
export interface KayentaState {
  readonly candidate: readonly number[];
  readonly baseline: readonly number[];
}

export const noKayenta: KayentaState = { candidate: [], baseline: [] };

/** What comes after the planned intervals is not looked at: to judge again and again is what Kayenta has no guard for. */
export function addKayenta(
  { intervals }: KayentaTest,
  state: KayentaState,
  pair: { readonly candidate: number | undefined; readonly baseline: number | undefined },
): KayentaState {
  if (state.candidate.length >= intervals) return state;
  return {
    candidate: [...state.candidate, pair.candidate ?? Number.NaN],
    baseline: [...state.baseline, pair.baseline ?? Number.NaN],
  };
}

/** What Kayenta says; undefined before the planned intervals are over. */
export function classifyKayenta(test: KayentaTest, state: KayentaState): Classified | undefined {
  if (state.candidate.length < test.intervals) return undefined;
  const clean = (values: readonly number[]) => {
    const numbers = test.rule.nanStrategy === "replace" ? replaceNaNs(values, 0) : removeNaNs(values);
    const factor = test.outlierFactor;
    return factor === undefined || numbers.length === 0
      ? numbers
      : removeOutliers(numbers, { factor, reduceSensitivity: true });
  };
  return classify(clean(state.candidate), clean(state.baseline), test.rule, noiseOf());
}

/** The same at every look and in every replay. */
function noiseOf(): () => number {
  const random = seeded(1);
  return () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}
