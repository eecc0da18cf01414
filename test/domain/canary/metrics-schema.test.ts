import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod/mini";
import { metricsShape } from "../../../src/domain/canary/metrics-shape.ts";
import { parseMetrics } from "../../../src/domain/canary/parse-metrics.ts";

const schemaFile = new URL("../../../schemas/metrics.schema.json", import.meta.url);
const schema = JSON.parse(readFileSync(schemaFile, "utf8"));
const isValid = new Ajv2020({ strict: false }).compile(schema);

test("schemas/metrics.schema.json is what the parser's shape says, and that queries come in two forms", () => {
  const { $id: _id, title: _title, description: _description, ...rest } = schema;
  const { oneOf, ...items } = rest.items;
  expect({ ...rest, items }).toEqual(z.toJSONSchema(metricsShape));
  expect(oneOf).toEqual([{ required: ["errors", "requests"] }, { required: ["buckets", "limit"] }]);
});

const errors = "errors: 'e{ {{arm}} }', requests: 'r{ {{arm}} }'";

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
  { text: "[]", good: false },
  { text: "{}", good: false },
])("schema and parser agree on $text", ({ text, good }) => {
  expect(isValid(parse(text))).toBe(good);
  const accepts = () => parseMetrics({ input: "metrics", text }, { toleratedRatio: 1, unacceptableRatio: 2 });
  if (good) expect(accepts).not.toThrow();
  else expect(accepts).toThrow();
});
