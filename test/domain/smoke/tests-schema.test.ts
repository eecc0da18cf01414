import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod/mini";
import { parseTests } from "../../../src/domain/smoke/parse-tests.ts";
import { testsShape } from "../../../src/domain/smoke/tests-shape.ts";

const schemaFile = new URL("../../../schemas/tests.schema.json", import.meta.url);
const schema = JSON.parse(readFileSync(schemaFile, "utf8"));
const isValid = new Ajv2020({ strict: false }).compile(schema);

test("schemas/tests.schema.json is what the parser's shape says", () => {
  const { $id: _id, title: _title, description: _description, ...rest } = schema;
  expect(rest).toEqual(z.toJSONSchema(testsShape));
});

test.each([
  { text: "[]", good: true },
  { text: "- {name: A, request: {path: /}}", good: true },
  { text: "- {name: A, request: {path: /, body: text}, expect: {status: 2xx, contains: a}}", good: true },
  { text: "- {name: A, request: {path: /}, expect: {json: [{path: $.a, equals: null}]}}", good: true },
  { text: "- {name: A, request: {path: /}, expect: {json: {path: $.a}}}", good: false },
  { text: "- {name: A, request: {path: a}}", good: false },
  { text: "- {name: '', request: {path: /}}", good: false },
  { text: "- {name: A, request: {path: /}, extra: 1}", good: false },
  { text: "- {name: A, request: {path: /}, expect: {status: 6xx}}", good: false },
  { text: "- {name: A, request: {path: /}, expect: {status: []}}", good: false },
  { text: "- {name: A, request: {path: /}, expect: {response-time: 3}}", good: false },
  { text: "- {name: A, request: {path: /, headers: {'a b': c}}}", good: false },
  { text: "{}", good: false },
])("schema and parser agree on $text", ({ text, good }) => {
  expect(isValid(parse(text))).toBe(good);
  const accepts = () => parseTests({ input: "tests", text });
  if (good) expect(accepts).not.toThrow();
  else expect(accepts).toThrow();
});
