import { shiftInterval } from "./mann-whitney.ts";
import { commonLanguageEffect, meanRatio } from "./statistics.ts";

/** Kayenta's own words. `Error` is what its judge says where it threw. */
export type Classification = "Pass" | "High" | "Low" | "Nodata" | "NodataFailMetric" | "Error";

export interface KayentaRule {
  readonly direction: "increase" | "decrease" | "either";
  readonly nanStrategy: "remove" | "replace";
  readonly critical: boolean;
  readonly mustHaveData: boolean;
  /** Share of the estimated shift within which nothing is called a change. */
  readonly tolerance: number;
  readonly confidence: number;
  readonly effect: "meanRatio" | "cles";
  readonly allowedIncrease: number;
  readonly allowedDecrease: number;
  readonly criticalIncrease: number;
  readonly criticalDecrease: number;
}

export interface Classified {
  readonly classification: Classification;
  /** It alone fails the canary. */
  readonly isCritical: boolean;
  /** Mean of the candidate over mean of the baseline. */
  readonly deviation: number;
  readonly reason: string;
}

/** Numbers for two arms of one value each, which have no spread of their own. Injected, so that a verdict replays. */
export type Noise = () => number;

/** What Kayenta's judge (NetflixACAJudge v1.0) says of one metric, from samples without NaN. */
export function classify(
  candidate: readonly number[],
  baseline: readonly number[],
  rule: KayentaRule,
  noise: Noise,
): Classified {
  if (candidate.length === 0 || baseline.length === 0) return withoutData(rule);
  if (areEqual(candidate, baseline)) return passed(1, "both arms have the same values");
  try {
    return compare(candidate, baseline, { rule, noise });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { classification: "Error", isCritical: false, deviation: Number.NaN, reason: error.message };
  }
}

function withoutData({ nanStrategy, mustHaveData, critical }: KayentaRule): Classified {
  const base = { deviation: 1, reason: "one arm has no values" };
  if (nanStrategy === "replace") return { ...base, classification: "Pass", isCritical: false };
  if (mustHaveData && !critical) return { ...base, classification: "NodataFailMetric", isCritical: false };
  return { ...base, classification: "Nodata", isCritical: critical };
}

function compare(
  candidate: readonly number[],
  baseline: readonly number[],
  { rule, noise }: { readonly rule: KayentaRule; readonly noise: Noise },
): Classified {
  const isFlat = isConstant(candidate) && isConstant(baseline);
  const spread = (values: readonly number[]) =>
    isFlat ? values.map((value) => value + value * 1e-5 * noise()) : values;
  const { low, high, estimate } = shiftInterval(spread(candidate), spread(baseline), rule.confidence);
  const bound = Math.abs(rule.tolerance * estimate);
  const deviation = meanRatio(candidate, baseline);
  const effect = rule.effect === "cles" ? commonLanguageEffect(candidate, baseline) : deviation;
  const atLeast = (gate: number) => Number.isNaN(effect) || effect >= gate;
  const atMost = (gate: number) => Number.isNaN(effect) || effect <= gate;
  const seen = `shift ${estimate}, between ${low} and ${high}`;
  if (rule.direction !== "decrease" && low > bound && atLeast(rule.allowedIncrease)) {
    const isCritical = rule.critical && atLeast(rule.criticalIncrease);
    return { classification: "High", isCritical, deviation, reason: seen };
  }
  if (rule.direction !== "increase" && high < -bound && atMost(rule.allowedDecrease)) {
    const isCritical = rule.critical && atMost(rule.criticalDecrease);
    return { classification: "Low", isCritical, deviation, reason: seen };
  }
  return passed(deviation, seen);
}

function passed(deviation: number, reason: string): Classified {
  return { classification: "Pass", isCritical: false, deviation, reason };
}

function areEqual(a: readonly number[], b: readonly number[]): boolean {
  const isSame =
    a.length === b.length &&
    a.toSorted((x, y) => x - y).every((value, at) => value === b.toSorted((x, y) => x - y)[at]);
  return isSame || new Set([...a, ...b]).size === 1;
}

function isConstant(values: readonly number[]): boolean {
  return new Set(values).size === 1;
}
