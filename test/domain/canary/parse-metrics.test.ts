import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseMetrics } from "../../../src/domain/canary/parse-metrics.ts";

const defaults = { toleratedRatio: 1.2, unacceptableRatio: 2 };
const read = (text: string) => parseMetrics({ input: "metrics", text }, defaults);

test("parseMetrics() reads the metrics of the sample application", () => {
  const text = readFileSync(new URL("../../../examples/web/metrics.yaml", import.meta.url), "utf8");
  expect(read(text)).toMatchObject([
    {
      name: "error-rate",
      source: { kind: "errors", errors: 'http_requests_total{{{arm}},status=~"5.."}' },
      limit: { share: 0.01 },
      toleratedRatio: 1.2,
      unacceptableRatio: 2,
      weight: 1,
      critical: true,
    },
    { name: "latency", source: { kind: "latency" }, limit: { share: 0.05, seconds: 0.5 } },
  ]);
});

const errors = "errors: 'e{ {{arm}} }', requests: 'r{ {{arm}} }'";

test.each([
  { text: `- {name: a, ${errors}, limit: 1%}`, limit: { share: 0.01 } },
  { text: `- {name: a, ${errors}, limit: 0.25 %}`, limit: { share: 0.0025 } },
  { text: `- {name: a, ${errors}, limit: 0.01}`, limit: { share: 0.01 } },
  { text: "- {name: a, buckets: 'b{ {{arm}} }', limit: p95 500ms}", limit: { share: 0.05, seconds: 0.5 } },
  { text: "- {name: a, buckets: 'b{ {{arm}} }', limit: p99.9 1.5s}", limit: { share: 0.001, seconds: 1.5 } },
])("parseMetrics() takes the limit of $text", ({ text, limit }) => {
  expect(read(text)[0]).toMatchObject({ limit });
});

test.each([
  { name: "no list", text: "{}", says: "must be a list of metrics" },
  { name: "an empty list", text: "[]", says: "must be a list of at least one metric" },
  { name: "broken YAML", text: "- {name: a", says: "line 1" },
  {
    name: "an unknown key",
    text: `- name: a\n  errors: 'e{ {{arm}} }'\n  request: 'r{ {{arm}} }'`,
    says: 'line 3 column 3: [0] has an unknown key "request", did you mean "requests"',
  },
  { name: "a missing name", text: `- {${errors}}`, says: "[0].name is missing" },
  { name: "no query", text: "- {name: a}", says: "[0].errors is missing" },
  {
    name: "errors without requests",
    text: "- {name: a, errors: 'e{ {{arm}} }'}",
    says: "[0].requests is missing",
  },
  {
    name: "errors and buckets",
    text: `- {name: a, ${errors}, buckets: 'b{ {{arm}} }'}`,
    says: "[0].errors and buckets exclude each other",
  },
  {
    name: "a query for both arms alike",
    text: "- name: a\n  errors: 'e{ {{arm}} }'\n  requests: 'r{job=\"web\"}'",
    says: 'line 3 column 3: [0].requests must hold {{arm}}, where the matchers of baseline or candidate go: got "r{job=\\"web\\"}"',
  },
  {
    name: "a rate",
    text: "- {name: a, errors: 'rate(e{ {{arm}} }[5m])', requests: 'r{ {{arm}} }'}",
    says: "[0].errors must be a plain selector such as http_requests_total{{{arm}}}",
  },
  {
    name: "a limit of 1",
    text: `- {name: a, ${errors}, limit: 1}`,
    says: "[0].limit must be a share such as 1%",
  },
  {
    name: "a limit of 100%",
    text: `- {name: a, ${errors}, limit: 100%}`,
    says: "must be a share of requests",
  },
  {
    name: "a quantile for errors",
    text: `- {name: a, ${errors}, limit: p95 500ms}`,
    says: '[0].limit must be a share of requests such as 1% or 0.01: got "p95 500ms"',
  },
  {
    name: "a share for buckets",
    text: "- {name: a, buckets: 'b{ {{arm}} }', limit: 5%}",
    says: '[0].limit must be a quantile and a duration such as "p95 500ms": got "5%"',
  },
  {
    name: "buckets without a limit",
    text: "- {name: a, buckets: 'b{ {{arm}} }'}",
    says: "[0].limit is missing",
  },
  {
    name: "a ratio that is tolerated",
    text: `- {name: a, ${errors}, unacceptable-ratio: 1.1}`,
    says: "[0].unacceptable-ratio must be above the tolerated ratio of 1.2: got 1.1",
  },
  {
    name: "a weight of 0",
    text: `- {name: a, ${errors}, weight: 0}`,
    says: "must be a number above 0: got 0",
  },
  { name: "critical as text", text: `- {name: a, ${errors}, critical: "no"}`, says: "must be true or false" },
  {
    name: "two metrics of one name",
    text: `- {name: a, ${errors}}\n- {name: a, ${errors}}`,
    says: 'line 2 column 4: two metrics have the name "a"',
  },
  {
    name: "no critical metric",
    text: `- {name: a, ${errors}, critical: false}`,
    says: "no metric is critical",
  },
])("parseMetrics() refuses $name", ({ text, says }) => {
  expect(() => read(text)).toThrow(says);
  expect(() => read(text)).toThrow('Input "metrics"');
});
