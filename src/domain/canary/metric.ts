import type { GaugeRule } from "./gauge.ts";
import type { KayentaTest } from "./kayenta-test.ts";
import type { MeasureRule } from "./measurement.ts";

/** Where a metric's counts come from: selectors of plain counters in which `{{arm}}` stands for an arm's label matchers. */
export type CountSource =
  | { readonly kind: "errors"; readonly errors: string; readonly requests: string }
  | { readonly kind: "latency"; readonly buckets: string };

/** Where a metric's values come from: raw samples of a gauge, or any expression whose answer is one number. */
export type ValueSource =
  | { readonly kind: "gauge"; readonly gauge: string }
  | { readonly kind: "value"; readonly query: string };

export type MetricSource = CountSource | ValueSource;

/** What a metric allows by itself: at most `share` bad requests. For latency, bad is slower than `seconds`. */
export interface MetricLimit {
  readonly share: number;
  readonly seconds?: number;
}

interface Named {
  readonly name: string;
  /** Its part of the chance of a false alarm, relative to the other critical metrics. */
  readonly weight: number;
  /** A metric that is not critical is watched and reported, and decides nothing. */
  readonly critical: boolean;
}

/** One metric that the candidate is judged by. */
export type Metric = CountedMetric | ValuedMetric;

/** A metric of requests that are good or bad. */
export interface CountedMetric extends Named {
  readonly source: CountSource;
  readonly limit?: MetricLimit;
  /** Labels whose values are counted apart, such as region or endpoint: strata that are never pooled. */
  readonly strata?: readonly string[];
  /** A candidate may be up to this many times as bad as the baseline before evidence against it counts. */
  readonly toleratedRatio: number;
  /** A candidate this many times as bad must not pass. */
  readonly unacceptableRatio: number;
}

/** A metric of plain values, one of each arm at every look. It is compared, held against criteria, or both. */
export interface ValuedMetric extends Named {
  readonly source: ValueSource;
  readonly compare?: GaugeRule;
  readonly measure?: MeasureRule;
  /** In place of both: Kayenta's own judge, whose metrics have one score together. */
  readonly kayenta?: KayentaTest;
}

export function isCounted(metric: Metric): metric is CountedMetric {
  return metric.source.kind === "errors" || metric.source.kind === "latency";
}

/** Whether it says nothing without values of the baseline. */
export function comparesValues({ compare, kayenta }: ValuedMetric): boolean {
  return compare !== undefined || kayenta !== undefined;
}

/** The selector for one arm. */
export function queryFor(selector: string, matchers: string): string {
  return selector.replaceAll("{{arm}}", matchers);
}
