import { shiftInterval } from "../kayenta/mann-whitney.ts";
import { mean } from "../kayenta/statistics.ts";
import { plannedAlphas } from "./alpha-spending.ts";
import { type LogSums, logOfMean } from "./log-evidence.ts";
import { addSign, startSigns } from "./sign-test.ts";
import { thinning } from "./thinning.ts";

/** How a gauge of the candidate is compared with the baseline's. */
export interface GaugeRule {
  /** Which way is worse. */
  readonly direction: "increase" | "decrease";
  readonly toleratedRatio: number;
  readonly unacceptableRatio: number;
  readonly test: GaugeTest;
}

export type GaugeTest =
  /** At every look, of intervals that do not hang together. */
  | { readonly kind: "sign" }
  /** Kayenta's Mann-Whitney, at so many looks planned ahead, each after so many pairs. */
  | {
      readonly kind: "mann-whitney";
      readonly looks: number;
      readonly pairsPerLook: number;
      readonly tolerance: number;
    };

/** Means of both arms in the same interval. */
export interface GaugePair {
  readonly candidate: number;
  readonly baseline: number;
}

/** What is known of a gauge. Plain data, so that it resumes and replays. */
export interface GaugeState {
  /** The baseline's values before the rollout, one for each interval, oldest first. */
  readonly history: readonly number[];
  readonly pairs: readonly GaugePair[];
  readonly worse: LogSums;
  readonly notWorse: LogSums;
  /** How many pairs the signs have counted, and how many there must be until they count the next. */
  readonly signed: number;
  readonly nextSignAt: number;
  /** Planned looks at which Mann-Whitney called the candidate worse; empty while none did. */
  readonly worseAt: readonly number[];
}

export function startGauge(history: readonly number[] = []): GaugeState {
  const signs = { worse: startSigns(), notWorse: startSigns(), signed: 0, nextSignAt: 0 };
  return { history, pairs: [], ...signs, worseAt: [] };
}

/** The state after one more interval in which both arms had values. */
export function addPair(rule: GaugeRule, state: GaugeState, pair: GaugePair, alpha: number): GaugeState {
  if (!(Number.isFinite(pair.candidate) && Number.isFinite(pair.baseline))) return state;
  const pairs = [...state.pairs, pair];
  return rule.test.kind === "sign"
    ? { ...state, pairs, ...signsOf(rule, state, pair) }
    : { ...state, pairs, worseAt: plannedLook({ ...rule, test: rule.test }, { ...state, pairs }, alpha) };
}

/** Whether a pair counts is settled by what was known of the baseline before it, which keeps the test exact. */
function signsOf(rule: GaugeRule, state: GaugeState, pair: GaugePair): Partial<GaugeState> {
  const count = state.pairs.length + 1;
  const every = count < state.nextSignAt ? undefined : intervalsPerSign(state);
  if (every === undefined) return {};
  const over = sideOf(rule, pair, rule.toleratedRatio);
  const under = sideOf(rule, pair, rule.unacceptableRatio);
  return {
    worse: over === 0 ? state.worse : addSign(state.worse, over > 0),
    // A gauge that rests at 0 on both sides is no worse: what must be ruled out is that it is higher more often than not.
    notWorse: addSign(state.notWorse, under <= 0),
    signed: state.signed + 1,
    nextSignAt: count + every,
  };
}

/** Of how many neighbouring intervals the signs take one; undefined while too little is known of the baseline. */
export function intervalsPerSign({ history, pairs }: GaugeState): number | undefined {
  return thinning([...history, ...pairs.map(({ baseline }) => baseline)]);
}

/** Positive where the candidate is more than `ratio` times as bad as the baseline, negative where less. */
function sideOf({ direction }: GaugeRule, { candidate, baseline }: GaugePair, ratio: number): number {
  // Of a negative value the part that is tolerated lies above it too.
  const tolerated = (value: number) => value + (ratio - 1) * Math.abs(value);
  return direction === "increase"
    ? Math.sign(candidate - tolerated(baseline))
    : Math.sign(baseline - tolerated(candidate));
}

function plannedLook(
  { direction, test }: GaugeRule & { readonly test: Extract<GaugeTest, { readonly kind: "mann-whitney" }> },
  { pairs, worseAt }: GaugeState,
  alpha: number,
): readonly number[] {
  const look = pairs.length / test.pairsPerLook;
  if (!Number.isInteger(look) || look > test.looks) return worseAt;
  const spend = plannedAlphas(test.looks, alpha)[look - 1] ?? 0;
  const candidate = pairs.map((pair) => pair.candidate);
  const baseline = pairs.map((pair) => pair.baseline);
  // Equal values have no spread, and nothing to be worse by.
  if (new Set([...candidate, ...baseline]).size < 2 || spend < 1e-12) return worseAt;
  const { low, high, estimate } = shiftInterval(candidate, baseline, 1 - 2 * spend);
  const bound = Math.abs(test.tolerance * estimate);
  const isWorse = direction === "increase" ? low > bound : high < -bound;
  return isWorse ? [...worseAt, look] : worseAt;
}

export interface GaugeEvidence {
  readonly against: number;
  readonly for: number;
  readonly candidate: number;
  readonly baseline: number;
  readonly pairs: number;
}

/** Log evidence on both sides, and the means that the sentence shows. Mann-Whitney answers at its planned looks alone. */
export function gaugeEvidence(
  rule: GaugeRule,
  { pairs, worse, notWorse, worseAt }: GaugeState,
): GaugeEvidence {
  const means = {
    candidate: mean(pairs.map(({ candidate }) => candidate)),
    baseline: mean(pairs.map(({ baseline }) => baseline)),
    pairs: pairs.length,
  };
  if (rule.test.kind === "sign") return { ...means, against: logOfMean(worse), for: logOfMean(notWorse) };
  const isOver = pairs.length >= rule.test.looks * rule.test.pairsPerLook;
  const never = Number.NEGATIVE_INFINITY;
  if (worseAt.length > 0) return { ...means, against: Number.POSITIVE_INFINITY, for: never };
  return { ...means, against: never, for: isOver ? Number.POSITIVE_INFINITY : never };
}
