import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { parseMetrics } from "../../../src/domain/canary/parse-metrics.ts";
import { metricKeys, metricsSchema } from "../../../src/tools/metrics-schema.ts";

const schemaFile = new URL("../../../schemas/metrics.schema.json", import.meta.url);
const schema = JSON.parse(readFileSync(schemaFile, "utf8"));
const isValid = new Ajv2020({ strict: false }).compile(schema);

test("schemas/metrics.schema.json is what the parser's shape says", () => {
  expect(schema).toEqual(JSON.parse(JSON.stringify(metricsSchema())));
});

test("every key of the format has a word", () => {
  expect(Object.keys(metricKeys).toSorted()).toEqual(Object.keys(schema.items.properties).toSorted());
});

const readme = readFileSync(new URL("../../../actions/canary-analyze/README.md", import.meta.url), "utf8");

test("the README's examples of metrics are read, and show every key", () => {
  const examples = [...readme.matchAll(/```yaml\n((?:#.*\n)*- name: [\s\S]*?)```/g)].map(
    ([, text = ""]) => text,
  );
  const keys = new Set(examples.flatMap((text) => (parse(text) as object[]).flatMap(Object.keys)));
  for (const text of examples) {
    expect(isValid(parse(text)), JSON.stringify(isValid.errors)).toBe(true);
    parseMetrics({ input: "metrics", text }, { toleratedRatio: 1.2, unacceptableRatio: 2 });
  }
  expect([...keys].toSorted()).toEqual(Object.keys(metricKeys).toSorted());
});

const errors = "errors: 'e{ {{arm}} }', requests: 'r{ {{arm}} }'";
const gauge = "gauge: 'g{ {{arm}} }'";
const query = "query: 'sum(q{ {{arm}} })'";

test.each([
  { text: `- {name: a, ${errors}}`, good: true },
  {
    text: `- {name: a, ${errors}, limit: 0.01, weight: 2, critical: true, unacceptable-ratio: 3}`,
    good: true,
  },
  { text: `- {name: a, ${errors}, limit: 1%}`, good: true },
  { text: "- {name: a, buckets: 'b{ {{arm}} }', limit: p95 500ms}", good: true },
  { text: "- {name: a, buckets: 'b{ {{arm}} }'}", good: false },
  { text: "- {name: a, errors: 'e{ {{arm}} }'}", good: false },
  { text: `- {name: a, ${errors}, buckets: 'b{ {{arm}} }', limit: 1%}`, good: false },
  { text: `- {name: '', ${errors}}`, good: false },
  { text: `- {name: a, ${errors}, limit: much}`, good: false },
  { text: `- {name: a, ${errors}, limit: 0}`, good: false },
  { text: `- {name: a, ${errors}, weight: 0}`, good: false },
  { text: `- {name: a, ${errors}, unacceptable-ratio: 1}`, good: false },
  { text: `- {name: a, ${errors}, extra: 1}`, good: false },
  { text: `- {name: a, ${errors}, strata: [region], tolerated-ratio: 1.5}`, good: true },
  { text: `- {name: a, ${errors}, strata: []}`, good: false },
  { text: `- {name: a, ${errors}, strata: [a-b]}`, good: false },
  { text: `- {name: a, ${errors}, pass: '> 1'}`, good: false },
  { text: `- {name: a, ${gauge}}`, good: true },
  { text: `- {name: a, ${gauge}, direction: decrease, tolerated-ratio: 1.1}`, good: true },
  { text: `- {name: a, ${gauge}, direction: sideways}`, good: false },
  { text: `- {name: a, ${gauge}, test: mann-whitney, looks: 3, pairs-per-look: 8}`, good: true },
  { text: `- {name: a, ${gauge}, looks: 3}`, good: false },
  { text: `- {name: a, ${gauge}, test: sign, pairs-per-look: 8}`, good: false },
  { text: `- {name: a, ${gauge}, test: mann-whitney, pairs-per-look: 4}`, good: false },
  { text: `- {name: a, ${gauge}, test: none}`, good: false },
  { text: `- {name: a, ${gauge}, test: none, fail: '> 1'}`, good: true },
  { text: `- {name: a, ${gauge}, limit: 1%}`, good: false },
  { text: `- {name: a, ${gauge}, strata: [region]}`, good: false },
  {
    text: `- {name: a, ${query}, pass: ['> 0.95', '>= -2%'], warning: '> 0.9', failure-limit: 2}`,
    good: true,
  },
  { text: `- {name: a, ${query}, fail: '< 4', warning: '< 4.5', inconclusive-limit: 1}`, good: true },
  { text: `- {name: a, ${query}, pass: []}`, good: false },
  { text: `- {name: a, ${query}, warning: '> 0.9'}`, good: false },
  { text: `- {name: a, ${query}, consecutive-errors: 2}`, good: false },
  { text: `- {name: a, ${query}, pass: '> 1', direction: increase}`, good: false },
  { text: `- {name: a, ${query}, pass: '> 1', direction: increase, test: sign}`, good: true },
  { text: `- {name: a, ${query}, pass: '> 1', consecutive-errors: -1}`, good: false },
  { text: `- {name: a, ${query}, ${gauge}}`, good: false },
  { text: `- {name: a, ${errors}, ${query}}`, good: false },
  { text: "[]", good: false },
  { text: "{}", good: false },
])("schema and parser agree on $text", ({ text, good }) => {
  expect(isValid(parse(text))).toBe(good);
  const accepts = () => parseMetrics({ input: "metrics", text }, { toleratedRatio: 1, unacceptableRatio: 2 });
  if (good) expect(accepts).not.toThrow();
  else expect(accepts).toThrow();
});
