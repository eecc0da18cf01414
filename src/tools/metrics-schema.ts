import * as z from "zod/mini";
import { type MetricsDocument, metricsShape } from "../domain/canary/metrics-shape.ts";
import { valuedKeys } from "../domain/canary/parse-metrics.ts";

type Key = keyof MetricsDocument[number];

/** What each key of a metric means, and what stands for it where it is not given. Editors and the README show it. */
export const metricKeys: Readonly<Record<Key, { readonly meaning: string; readonly default: string }>> = {
  name: { meaning: "Unique; shown in every sentence and chart", default: "required" },
  errors: {
    meaning: "Selector of a counter of failed requests, a part of `requests`",
    default: "required with `requests`",
  },
  requests: {
    meaning: "Selector of the counter of all requests",
    default: "required with `errors`",
  },
  buckets: {
    meaning: "Selector of the buckets of a classic histogram in seconds, with the label `le`",
    default: "",
  },
  gauge: {
    meaning: "Selector of a gauge; of each version the mean of its series is taken",
    default: "",
  },
  query: {
    meaning:
      "Any expression whose answer is one number, asked at each look; of several series the mean is taken",
    default: "",
  },
  limit: {
    meaning:
      "What the candidate must stay under, whatever the baseline does: a share of requests (`1%` or `0.01`), for buckets a quantile and a time (`p95 500ms`)",
    default: "none; required with `buckets`",
  },
  strata: {
    meaning: "Labels whose values are counted apart and never pooled, such as `[region, endpoint]`",
    default: "none",
  },
  "tolerated-ratio": {
    meaning: "In place of the input of that name: so many times as bad is not stopped by the comparison",
    default: "the input's, 1.2",
  },
  "unacceptable-ratio": {
    meaning: "In place of the input of that name: so many times as bad must be ruled out for a pass",
    default: "the input's, 2",
  },
  test: {
    meaning:
      "How values are compared with the baseline's: `sign` at every look, `mann-whitney` at planned looks, `kayenta` once and by its score, `none`",
    default: "`sign`; with criteria `none`",
  },
  direction: {
    meaning: "Which way is worse where values are compared; `either` with `kayenta` alone",
    default: "`increase`; with `kayenta` `either`",
  },
  kayenta: {
    meaning:
      "Of the test `kayenta`, in its words: `intervals`, `groups`, `nan`, `outliers`, `outlier-factor`, `effect`, `allowed-increase`, `allowed-decrease`, `critical-increase`, `critical-decrease`, `must-have-data`, `critical`, and once `score` with `pass`, `marginal` and `weights`",
    default: "Kayenta's; 50 intervals",
  },
  looks: { meaning: "Planned looks of `mann-whitney`, from 1", default: "4" },
  "pairs-per-look": { meaning: "Intervals between two of its looks, from 5", default: "10" },
  pass: { meaning: "Criterion, or a list of alternatives, that a value must meet at each look", default: "" },
  warning: {
    meaning: "Criterion for values that neither pass nor fail",
    default: "",
  },
  fail: { meaning: "Criterion that a value must not meet", default: "" },
  "failure-limit": { meaning: "So many failed looks are borne", default: "0" },
  "inconclusive-limit": { meaning: "So many looks that neither passed nor failed are borne", default: "0" },
  "consecutive-errors": { meaning: "So many looks in a row without a value are borne", default: "4" },
  "consecutive-successes": {
    meaning: "Passed only while so many looks in a row, up to now, have passed",
    default: "0",
  },
  weight: {
    meaning: "Its part of the chance of a false alarm, relative to the other critical metrics",
    default: "1",
  },
  critical: { meaning: "`false`: watched and reported, decides nothing", default: "`true`" },
};

/** A metric says once where its numbers come from, and only what fits to that. */
const forms = [
  formOf(["errors", "requests"], ["buckets", "gauge", "query", ...valuedKeys]),
  formOf(["buckets", "limit"], ["errors", "requests", "gauge", "query", ...valuedKeys]),
  formOf(["gauge"], ["errors", "requests", "buckets", "query", "limit", "strata"]),
  formOf(["query"], ["errors", "requests", "buckets", "gauge", "limit", "strata"]),
];

function formOf(required: readonly Key[], without: readonly Key[]) {
  return { required, properties: Object.fromEntries(without.map((key) => [key, false])) };
}

const criteria = { anyOf: [{ required: ["pass"] }, { required: ["fail"] }] };
const planned = { required: ["test"], properties: { test: { const: "mann-whitney" } } };
const compared = {
  if: { required: ["test"] },
  // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema.
  then: { properties: { test: { enum: ["sign", "mann-whitney", "kayenta"] } } },
  else: { not: criteria },
};

const dependent = {
  warning: criteria,
  "failure-limit": criteria,
  "inconclusive-limit": criteria,
  "consecutive-errors": criteria,
  "consecutive-successes": criteria,
  looks: planned,
  "pairs-per-look": planned,
  direction: compared,
  kayenta: { required: ["test"], properties: { test: { const: "kayenta" } } },
  test: { anyOf: [{ properties: { test: { enum: ["sign", "mann-whitney", "kayenta"] } } }, criteria] },
};

/** The JSON schema of the `metrics` format: the parser's shape, with what belongs together and a word on each key. */
export function metricsSchema(): unknown {
  const shape = z.toJSONSchema(metricsShape);
  const { properties, ...items } = shape.items as { properties: Readonly<Record<Key, object>> };
  const described = Object.entries(properties).map(([key, property]) => [
    key,
    { description: descriptionOf(key as Key), ...property },
  ]);
  return {
    title: "Metrics of canary-analyze",
    description:
      "What a candidate is judged by. In queries {{arm}} stands for the label matchers of baseline or candidate",
    ...shape,
    items: {
      ...items,
      properties: Object.fromEntries(described),
      oneOf: forms,
      dependentSchemas: dependent,
    },
  };
}

function descriptionOf(key: Key): string {
  const { meaning, default: standard } = metricKeys[key];
  const text = standard === "" ? meaning : `${meaning}. Default: ${standard}`;
  return text.replace(". Default: required", ". Required").replaceAll("`", "");
}

/** The table of the README, in the order of the keys above. */
export function metricsTable(): string {
  const rows = Object.entries(metricKeys).map(
    ([key, { meaning, default: standard }]) => `| \`${key}\` | ${meaning} | ${standard} |`,
  );
  return ["| key | meaning | default |", "| --- | --- | --- |", ...rows].join("\n");
}
