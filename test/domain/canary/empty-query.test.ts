import { describe, expect, test } from "vitest";
import { explainEmpty, isSlip, type KnownSeries, metricsIn } from "../../../src/domain/canary/empty-query.ts";
import { parseSelector } from "../../../src/domain/canary/selector.ts";

const names = [
  "http_requests_total",
  "http_request_duration_seconds_bucket",
  "process_cpu_seconds_total",
  "up",
];
const labelSets = [
  { __name__: "http_requests_total", track: "stable", status: "200", namespace: "production" },
  { __name__: "http_requests_total", track: "candidate", status: "500", namespace: "staging" },
];

describe("explainEmpty()", () => {
  test.each<{ text: string; known?: KnownSeries; says: string | undefined }>([
    {
      text: 'http_request_total{track="stable"}',
      says: 'no metric of this name is stored, did you mean "http_requests_total"',
    },
    { text: "zzz_zzz{}", says: "no metric of this name is stored" },
    {
      text: 'http_requests_total{trak="stable"}',
      says: "no series of it has the label trak, did you mean track",
    },
    {
      text: 'http_requests_total{xyz="stable"}',
      says: "no series of it has the label xyz, the labels are track, status, namespace",
    },
    {
      text: 'http_requests_total{track="stabel"}',
      says: 'no series has track="stabel": track is "stable" or "candidate", did you mean "stable"',
    },
    {
      text: 'http_requests_total{status=~"4.."}',
      says: 'no series has status=~"4..": status is "200" or "500"',
    },
    {
      text: 'http_requests_total{track="stable", namespace="staging"}',
      says: "each of its matchers finds series, and none has them all",
    },
    { text: "http_requests_total{}", known: {}, says: undefined },
    { text: "http_requests_total{}", known: { names }, says: undefined },
    { text: '{a="b"}', known: { names, labelSets: [] }, says: undefined },
  ])("$text: $says", ({ text, known = { names, labelSets }, says }) => {
    const selector = parseSelector(text) ?? expect.unreachable();
    const empty = explainEmpty(selector, known);
    expect(empty?.why).toBe(says);
    expect(empty?.isForeign ?? false).toBe(/^no metric|has the label/.test(says ?? ""));
  });
});

test("isSlip() tells a slip of the pen from a counter that has not counted yet", () => {
  expect(isSlip("http_requets_total", names)).toBe(true);
  expect(isSlip("http_request_total", names)).toBe(true);
  expect(isSlip("http_errors_total", names)).toBe(false);
  expect(isSlip("http_requests_total", names)).toBe(false);
  expect(isSlip("http_requets_total", undefined)).toBe(false);
  expect(isSlip("u", names)).toBe(false);
});

test("metricsIn() finds the metrics of an expression", () => {
  const text = `sum by (pod) (rate(orders_total{track="a", x=~"b c"}[5m])) / on (pod) group_left sum(1e3 * visits_total offset 5m) or vector(0)`;
  expect(metricsIn(text)).toEqual(["orders_total", "visits_total"]);
});
