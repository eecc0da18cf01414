import type { Classified } from "../kayenta/classify.ts";
import type { ArmCounts } from "./counts.ts";
import type { GaugeEvidence } from "./gauge.ts";

/** What is said of one metric at one look. */
export interface MetricJudgement {
  readonly name: string;
  readonly kind: "passed" | "failed" | "open" | "unusable";
  /** Log evidence that the candidate is worse than tolerated or over its limit. */
  readonly logFail: number;
  /** From where on that evidence fails the metric: log of 1/alpha. */
  readonly logFailsAt: number;
  /** Log evidence that it is not unacceptably worse than the baseline. */
  readonly logPassRatio: number;
  /** Log evidence that it is under its limit. */
  readonly logPassLimit: number;
  /** The largest chance, over all looks, of evidence this strong from a candidate that is as good as tolerated. */
  readonly pValue: number;
  /** The counts the sentence speaks of: the limit's bound, or the one that failed. */
  readonly counts: ArmCounts;
  /** Of a metric of plain values: the means that the sentence speaks of. */
  readonly values?: GaugeEvidence;
  /** What Kayenta's judge says of it, where that is asked. */
  readonly kayenta?: Classified;
  readonly stream: string;
  /** Of counted requests: by what the log evidence of that stream was divided, as bad requests cluster. 1: not at all. */
  readonly dispersion?: number;
  readonly sentence: string;
}
