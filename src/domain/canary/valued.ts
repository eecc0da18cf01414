import type { Classification } from "../kayenta/classify.ts";
import { noArmCounts } from "./counts.ts";
import { addPair, type GaugeEvidence, type GaugeState, gaugeEvidence, startGauge } from "./gauge.ts";
import type { MetricJudgement } from "./judgement.ts";
import {
  addKayenta,
  classifyKayenta,
  type KayentaState,
  type KayentaTest,
  noKayenta,
} from "./kayenta-test.ts";
import { pValueOf } from "./log-evidence.ts";
import {
  addMeasurement,
  judgeMeasurements,
  type MeasureJudgement,
  type MeasureState,
  noMeasurements,
} from "./measurement.ts";
import type { ValuedMetric } from "./metric.ts";
import { formatP } from "./sentence.ts";

/** One look's values of both arms; undefined where an arm had none. */
export interface ValuePair {
  readonly candidate: number | undefined;
  readonly baseline: number | undefined;
}

/** All that is known of a metric of plain values. */
export interface ValuedState {
  readonly compared: GaugeState;
  readonly measured: MeasureState;
  readonly peakAgainst: number;
  /** Present where Kayenta's judge is asked. */
  readonly kayenta?: KayentaState;
}

/** Before the first look, knowing what the baseline's values were until then. */
export function startValued(history: readonly number[] = []): ValuedState {
  return { compared: startGauge(history), measured: noMeasurements, peakAgainst: Number.NEGATIVE_INFINITY };
}

/** The state after one more look. `alpha` is the metric's own part of the chance of a false alarm. */
export function addValues(
  { compare, measure, kayenta }: ValuedMetric,
  state: ValuedState,
  { pair: { candidate, baseline }, alpha }: { readonly pair: ValuePair; readonly alpha: number },
): ValuedState {
  if (kayenta !== undefined) {
    const before = state.kayenta ?? noKayenta;
    return { ...state, kayenta: addKayenta(kayenta, before, { candidate, baseline }) };
  }
  const measured =
    measure === undefined
      ? state.measured
      : addMeasurement(measure, state.measured, { value: candidate, baseline });
  if (compare === undefined || candidate === undefined || baseline === undefined)
    return { ...state, measured };
  const compared = addPair(compare, state.compared, { candidate, baseline }, alpha);
  const { against } = gaugeEvidence(compare, compared);
  return { compared, measured, peakAgainst: Math.max(state.peakAgainst, against) };
}

/** The metric's judgement now. Compared and measured, it fails by either and passes by both. */
export function judgeValued(
  metric: ValuedMetric,
  state: ValuedState,
  { alpha, beta }: { readonly alpha: number; readonly beta: number },
): MetricJudgement {
  const never = Number.NEGATIVE_INFINITY;
  if (metric.kayenta !== undefined) return judgeByKayenta(metric, metric.kayenta, { state, alpha });
  const seen = metric.compare === undefined ? undefined : gaugeEvidence(metric.compare, state.compared);
  const measured =
    metric.measure === undefined ? undefined : judgeMeasurements(metric.measure, state.measured);
  const pValue = pValueOf(state.peakAgainst);
  const compared = seen === undefined ? undefined : comparedKind(seen, { alpha, beta });
  const sentences = [
    ...(seen === undefined ? [] : [comparedSentence(seen, pValue)]),
    ...(measured === undefined ? [] : [measured.sentence]),
  ];
  return {
    name: metric.name,
    kind: togetherOf(compared, measured?.kind),
    logFail: seen?.against ?? never,
    logFailsAt: -Math.log(alpha),
    logPassRatio: seen?.for ?? never,
    logPassLimit: never,
    pValue,
    counts: noArmCounts,
    ...(seen === undefined ? {} : { values: seen }),
    stream: metric.source.kind,
    sentence: `${metric.name}: ${sentences.join("; ")}`,
  };
}

interface KayentaInput {
  readonly state: ValuedState;
  readonly alpha: number;
}

function judgeByKayenta(
  { name, source }: ValuedMetric,
  test: KayentaTest,
  { state, alpha }: KayentaInput,
): MetricJudgement {
  const never = Number.NEGATIVE_INFINITY;
  const arms = state.kayenta ?? noKayenta;
  const said = classifyKayenta(test, arms);
  const sentence =
    said === undefined
      ? `${name}: ${arms.candidate.length} of ${test.intervals} intervals are over`
      : `${name}: Kayenta says ${said.classification} (${said.reason})`;
  return {
    name,
    kind: said === undefined ? "open" : kindOf(said.classification),
    logFail: never,
    logFailsAt: -Math.log(alpha),
    logPassRatio: never,
    logPassLimit: never,
    pValue: 1,
    counts: noArmCounts,
    ...(said === undefined ? {} : { kayenta: said }),
    stream: source.kind,
    sentence,
  };
}

/** Where it has nothing to judge, or threw, the answer is a gap. */
function kindOf(classification: Classification): Kind {
  if (classification === "Pass") return "passed";
  return classification === "High" || classification === "Low" ? "failed" : "unusable";
}

type Kind = MeasureJudgement["kind"];

function comparedKind(
  { against, for: shown, pairs }: GaugeEvidence,
  { alpha, beta }: { readonly alpha: number; readonly beta: number },
): Kind {
  if (pairs === 0) return "unusable";
  if (against >= -Math.log(alpha)) return "failed";
  return shown >= -Math.log(beta) ? "passed" : "open";
}

function togetherOf(compared: Kind | undefined, measured: Kind | undefined): Kind {
  const kinds = [compared, measured].filter((one) => one !== undefined);
  return (["failed", "unusable", "open"] as const).find((kind) => kinds.includes(kind)) ?? "passed";
}

function comparedSentence({ candidate, baseline, pairs }: GaugeEvidence, pValue: number): string {
  if (pairs === 0) return "no interval had values of both versions";
  const shown = (value: number) => Number(value.toPrecision(4));
  return `${shown(candidate)} against ${shown(baseline)} over ${pairs} intervals, p ${formatP(pValue)}`;
}
