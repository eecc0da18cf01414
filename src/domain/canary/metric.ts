/** Where a metric's counts come from: selectors of plain counters in which `{{arm}}` stands for an arm's label matchers. */
export type MetricSource =
  | { readonly kind: "errors"; readonly errors: string; readonly requests: string }
  | { readonly kind: "latency"; readonly buckets: string };

/** What a metric allows by itself: at most `share` bad requests. For latency, bad is slower than `seconds`. */
export interface MetricLimit {
  readonly share: number;
  readonly seconds?: number;
}

/** One metric that the candidate is judged by. */
export interface Metric {
  readonly name: string;
  readonly source: MetricSource;
  readonly limit?: MetricLimit;
  /** A candidate may be up to this many times as bad as the baseline before evidence against it counts. */
  readonly toleratedRatio: number;
  /** A candidate this many times as bad must not pass. */
  readonly unacceptableRatio: number;
  /** Its part of the chance of a false alarm, relative to the other critical metrics. */
  readonly weight: number;
  /** A metric that is not critical is watched and reported, and decides nothing. */
  readonly critical: boolean;
}

/** The selector for one arm. */
export function queryFor(selector: string, matchers: string): string {
  return selector.replaceAll("{{arm}}", matchers);
}
