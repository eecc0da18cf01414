import { type Criteria, describeCriteria, meets } from "./criterion.ts";

/** What one look at a plain value must be, and how often it may not be. The words are those of Argo's analysis. */
export interface MeasureRule {
  readonly pass?: Criteria;
  readonly warning?: Criteria;
  readonly fail?: Criteria;
  /** Failed when more looks than this have failed. */
  readonly failureLimit: number;
  /** Inconclusive when more looks than this said neither. */
  readonly inconclusiveLimit: number;
  /** Given up when more looks than this in a row had no value. */
  readonly consecutiveErrors: number;
  /** Passed only while so many looks in a row, up to now, have passed. */
  readonly consecutiveSuccesses: number;
}

export type Measured = "passed" | "failed" | "inconclusive" | "error";

/** Counts of what the looks said. Plain data, so that it resumes and replays. */
export interface MeasureState {
  readonly passed: number;
  readonly failed: number;
  readonly inconclusive: number;
  readonly errorsInRow: number;
  readonly passedInRow: number;
  readonly last?: { readonly value: number; readonly baseline?: number; readonly said: Measured };
}

export const noMeasurements: MeasureState = {
  passed: 0,
  failed: 0,
  inconclusive: 0,
  errorsInRow: 0,
  passedInRow: 0,
};

export interface Measurement {
  /** NaN or absent where the source had none. */
  readonly value: number | undefined;
  readonly baseline: number | undefined;
}

/**
 * What one look says. A value that is missing is an error, never a pass: neither is a fail criterion that could not be
 * asked.
 */
export function measure(rule: MeasureRule, { value, baseline }: Measurement): Measured {
  if (value === undefined || !Number.isFinite(value)) return "error";
  const ask = (criteria: Criteria | undefined) =>
    criteria === undefined ? undefined : meets(criteria, { value, baseline });
  const [fails, passes, warns] = [ask(rule.fail), ask(rule.pass), ask(rule.warning)];
  if (rule.fail !== undefined && fails === undefined) return "error";
  if (fails === true) return "failed";
  if (rule.pass === undefined) return warns === true ? "inconclusive" : "passed";
  if (passes === undefined) return "error";
  if (passes) return "passed";
  if (warns === true || rule.fail !== undefined) return "inconclusive";
  return "failed";
}

export function addMeasurement(
  rule: MeasureRule,
  state: MeasureState,
  measurement: Measurement,
): MeasureState {
  const said = measure(rule, measurement);
  const { value, baseline } = measurement;
  const last = { value: value ?? Number.NaN, said, ...(baseline === undefined ? {} : { baseline }) };
  return {
    passed: state.passed + Number(said === "passed"),
    failed: state.failed + Number(said === "failed"),
    inconclusive: state.inconclusive + Number(said === "inconclusive"),
    errorsInRow: said === "error" ? state.errorsInRow + 1 : 0,
    passedInRow: said === "passed" ? state.passedInRow + 1 : 0,
    last,
  };
}

export interface MeasureJudgement {
  readonly kind: "passed" | "failed" | "open" | "unusable";
  readonly sentence: string;
}

/** What all looks say together. Where several limits are passed, errors come first, then what was neither, then fails. */
export function judgeMeasurements(rule: MeasureRule, state: MeasureState): MeasureJudgement {
  const { passed, failed, inconclusive, errorsInRow, passedInRow, last } = state;
  const wanted = wantedBy(rule);
  if (errorsInRow > rule.consecutiveErrors)
    return {
      kind: "unusable",
      sentence: `no value in ${errorsInRow} looks in a row, ${rule.consecutiveErrors} allowed`,
    };
  if (inconclusive > rule.inconclusiveLimit)
    return {
      kind: "open",
      sentence: `${inconclusive} looks said neither pass nor fail (${wanted}), ${rule.inconclusiveLimit} allowed`,
    };
  if (failed > rule.failureLimit)
    return {
      kind: "failed",
      sentence: `${failed} looks failed, the last value was ${valueText(last)}, wanted ${wanted}, ${rule.failureLimit} allowed`,
    };
  if (passedInRow < rule.consecutiveSuccesses)
    return {
      kind: "open",
      sentence: `the last ${passedInRow} looks in a row passed, wanted ${rule.consecutiveSuccesses}, each ${wanted}`,
    };
  if (passed === 0) return { kind: "open", sentence: `no look has passed yet, wanted ${wanted}` };
  return {
    kind: "passed",
    sentence: `${passed} looks passed, the last value was ${valueText(last)}, wanted ${wanted}`,
  };
}

function wantedBy({ pass, fail }: MeasureRule): string {
  if (pass !== undefined) return describeCriteria(pass);
  return fail === undefined ? "anything" : `not ${describeCriteria(fail)}`;
}

function valueText(last: MeasureState["last"]): string {
  if (last === undefined || !Number.isFinite(last.value)) return "none";
  const shown = Number(last.value.toPrecision(4));
  return last.baseline === undefined
    ? String(shown)
    : `${shown} against ${Number(last.baseline.toPrecision(4))}`;
}
