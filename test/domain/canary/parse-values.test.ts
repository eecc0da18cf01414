import { expect, test } from "vitest";
import { parseMetrics } from "../../../src/domain/canary/parse-metrics.ts";

const ratios = { toleratedRatio: 1.2, unacceptableRatio: 2 };
const read = (text: string) => parseMetrics({ input: "metrics", text }, ratios);
const gauge = "gauge: 'cpu{ {{arm}} }'";
const query = "query: 'sum(orders{ {{arm}} }) / sum(visits{ {{arm}} })'";

test("a gauge is compared by signs, at every look", () => {
  expect(read(`- {name: cpu, ${gauge}}`)).toMatchObject([
    {
      source: { kind: "gauge", gauge: "cpu{ {{arm}} }" },
      compare: { direction: "increase", ...ratios, test: { kind: "sign" } },
    },
  ]);
});

test("a gauge with criteria is held against them and not compared, unless a test is asked for", () => {
  const [held] = read(`- {name: cpu, ${gauge}, pass: '< 0.8', failure-limit: 2}`);
  expect(held).toMatchObject({ measure: { failureLimit: 2, inconclusiveLimit: 0, consecutiveErrors: 4 } });
  expect(held).not.toHaveProperty("compare");
  const [both] = read(`- {name: cpu, ${gauge}, pass: '< 0.8', test: mann-whitney, looks: 3}`);
  expect(both).toMatchObject({
    measure: {},
    compare: { test: { kind: "mann-whitney", looks: 3, pairsPerLook: 10 } },
  });
});

test("a query has alternatives, warnings and relative criteria", () => {
  expect(read(`- {name: conversion, ${query}, pass: ['> 0.95', '>= -2%'], warning: '> 0.9'}`)).toMatchObject([
    {
      source: { kind: "value" },
      measure: {
        pass: [[{ operator: ">", amount: 0.95, kind: "absolute" }], [{ amount: -2, kind: "percent" }]],
        warning: [[{ amount: 0.9 }]],
      },
    },
  ]);
});

test("strata are labels of counted metrics, and a metric may have its own tolerated ratio", () => {
  const counted = "errors: 'e{ {{arm}} }', requests: 'r{ {{arm}} }'";
  expect(read(`- {name: e, ${counted}, strata: [region], tolerated-ratio: 1.5}`)).toMatchObject([
    { strata: ["region"], toleratedRatio: 1.5 },
  ]);
});

test.each([
  { text: `- {name: a, ${gauge}, ${query}}`, says: "query and gauge exclude each other" },
  { text: `- {name: a, ${gauge}, limit: 1%}`, says: "limit and gauge or query exclude each other" },
  {
    text: `- {name: a, ${gauge}, test: none}`,
    says: "pass is missing: with test none, only criteria can decide",
  },
  { text: `- {name: a, ${gauge}, pass: about 3}`, says: 'must be a criterion such as "> 0.95"' },
  { text: `- {name: a, ${gauge}, warning: '< 3'}`, says: "warning needs pass" },
  { text: `- {name: a, ${gauge}, failure-limit: 2}`, says: "failure-limit needs pass or fail" },
  { text: `- {name: a, ${gauge}, failure-limit: -1, pass: '< 1'}`, says: "must be a whole number from 0" },
  { text: `- {name: a, ${gauge}, looks: 3}`, says: "looks is for the test mann-whitney" },
  { text: `- {name: a, ${gauge}, pass: '< 1', direction: decrease}`, says: "direction needs a test" },
  { text: "- {name: a, query: up, pass: '> 0'}", says: "must hold {{arm}}" },
  { text: "- {name: a, gauge: 'rate(x[1m])'}", says: "must be a plain selector" },
  {
    text: "- {name: a, errors: 'e{ {{arm}} }', requests: 'r{ {{arm}} }', pass: '> 1'}",
    says: "pass is for metrics with gauge or query",
  },
  { text: `- {name: a, gauges: 'x{ {{arm}} }'}`, says: 'did you mean "gauge"' },
  { text: `- {name: a, ${gauge}, tolerated-ratio: 3}`, says: "must be above the tolerated ratio of 3" },
])("parseMetrics() refuses $text", ({ text, says }) => {
  expect(() => read(text)).toThrow(says);
});
