import type { ArmCounts, Counts } from "./counts.ts";
import { shareOf } from "./counts.ts";
import type { CountedMetric } from "./metric.ts";
import { minimumExcess } from "./stream.ts";

export interface Observation {
  readonly kind: "passed" | "failed" | "open" | "unusable";
  readonly stream: string;
  readonly counts: ArmCounts;
  readonly pValue: number;
  readonly alpha: number;
  /** By what the log evidence was divided, as bad requests cluster. */
  readonly dispersion: number;
}

/** One sentence on a metric: `error-rate: 6 errors in 500 requests (1.2 %) against 0 in 500 (0 %), p 0.041`. */
export function sentenceOf(metric: CountedMetric, observed: Observation): string {
  const { candidate, baseline } = observed.counts;
  if (observed.kind === "unusable") return `${metric.name}: ${whyUnusable(observed.counts)}`;
  const seen = `${metric.name}: ${candidateOf(metric, observed)} against ${countsOf(baseline)}`;
  const strength = `p ${formatP(observed.pValue)}${burstsOf(observed.dispersion)}`;
  if (observed.kind !== "open") return `${seen}, ${strength}`;
  if (candidate.total === 0) return `${metric.name}: no requests of the candidate were counted`;
  if (baseline.total === 0) return `${metric.name}: no requests of the baseline were counted`;
  return `${seen}, ${strength}: ${candidate.total} requests do not suffice to show ${goalOf(metric)}`;
}

/** Below this the clusters are hardly more than chance would show, and not worth a word. */
const notableDispersion = 1.1;

function burstsOf(dispersion: number): string {
  if (!(dispersion >= notableDispersion)) return "";
  return `, evidence divided by ${Number(dispersion.toPrecision(2))} as the baseline's come in bursts`;
}

/** What a metric allows, in words. */
export function allowanceOf(metric: CountedMetric): string {
  const ratio =
    metric.source.kind === "errors"
      ? `${metric.toleratedRatio} times the baseline's rate`
      : `${metric.toleratedRatio} times the baseline's latency`;
  return metric.limit === undefined ? ratio : `${ratio} and ${limitOf(metric)}`;
}

function goalOf(metric: CountedMetric): string {
  const ratio = `less than ${metric.unacceptableRatio} times the baseline's rate`;
  if (metric.limit !== undefined) return `${ratio} or ${limitOf(metric)}`;
  return metric.source.kind === "errors" ? `${ratio} or at most ${formatShare(minimumExcess)}` : ratio;
}

function limitOf(metric: CountedMetric): string {
  const share = formatShare(metric.limit?.share ?? Number.NaN);
  const seconds = metric.limit?.seconds;
  return seconds === undefined
    ? `at most ${share}`
    : `at most ${share} slower than ${formatSeconds(seconds)}`;
}

function candidateOf(metric: CountedMetric, { stream, counts }: Observation): string {
  if (metric.source.kind === "errors") {
    const errors = counts.candidate.bad === 1 ? "1 error" : `${round(counts.candidate.bad)} errors`;
    return `${errors} in ${round(counts.candidate.total)} requests (${formatShare(shareOf(counts.candidate))})`;
  }
  return `${countsOf(counts.candidate)} slower than ${formatSeconds(Number(stream))}`;
}

function countsOf(counts: Counts): string {
  const share = counts.total > 0 ? ` (${formatShare(shareOf(counts))})` : "";
  return `${round(counts.bad)} in ${round(counts.total)}${share}`;
}

function whyUnusable({ candidate, baseline }: ArmCounts): string {
  if (candidate.total === 0 && baseline.total === 0) return "no requests were counted";
  return `the counts cannot be right: candidate ${countsOf(candidate)}, baseline ${countsOf(baseline)}`;
}

/** Counters are floats and may come scaled; a count is shown whole. */
function round(count: number): number {
  return Math.round(count * 100) / 100;
}

/** A share in percent with two digits that matter: `1.2 %`, `0.034 %`. */
export function formatShare(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}

export function formatSeconds(seconds: number): string {
  return seconds < 1 ? `${Number((seconds * 1000).toPrecision(4))} ms` : `${seconds} s`;
}

/** A p-value with two digits that matter. */
export function formatP(p: number): string {
  return String(p >= 0.0001 ? Number(p.toPrecision(2)) : p.toExponential(1));
}
