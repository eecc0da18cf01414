import { expect, test } from "vitest";
import { ConfigError } from "../../../src/core/errors.ts";
import { parseTests } from "../../../src/domain/smoke/parse-tests.ts";

const parse = (text: string) => parseTests({ input: "tests", file: "smoke.yaml", text });

test("parseTests() reads the whole format and knows each test's line", () => {
  const tests = parse(`
- name: Home
  request: {path: /}
- name: Order
  request:
    method: POST
    path: /api/orders
    headers: {X-Tenant: acme, X-Count: 3}
    body: {item: tea, count: 2}
  expect:
    status: [201, 2xx]
    response-time: 1s500ms
    contains: [tea, cup]
    json: {path: $.item, equals: tea}
`);
  expect(tests).toEqual([
    {
      name: "Home",
      line: 2,
      request: { method: "GET", path: "/", headers: {}, shown: "GET /" },
      expect: { status: ["2xx"], contains: [], json: [] },
    },
    {
      name: "Order",
      line: 4,
      request: {
        method: "POST",
        path: "/api/orders",
        headers: { "X-Tenant": "acme", "X-Count": "3", "content-type": "application/json" },
        body: '{"item":"tea","count":2}',
        shown: "POST /api/orders",
      },
      expect: {
        status: [201, "2xx"],
        responseTimeMs: 1500,
        contains: ["tea", "cup"],
        json: [{ path: "$.item", equals: "tea" }],
      },
    },
  ]);
});

test("parseTests() leaves an empty document empty", () => {
  expect(parse("")).toEqual([]);
  expect(parse("[]")).toEqual([]);
});

test.each([
  {
    text: "- name: A\n  request:\n    methd: GET\n    path: /",
    says: 'smoke.yaml line 3 column 5: [0].request has an unknown key "methd", did you mean "method"',
  },
  {
    text: "- name: A\n  request: {path: /}\n  expect:\n    response_time: 1s",
    says: 'line 4 column 5: [0].expect has an unknown key "response_time", did you mean "response-time"',
  },
  {
    text: "- name: A\n  request: {path: /}\n  banana: 1",
    says: 'line 3 column 3: [0] has an unknown key "banana"',
  },
  {
    text: "- name: A\n  request: {path: home}",
    says: 'line 2 column 13: [0].request.path must begin with /: got "home"',
  },
  { text: "- name: A", says: "line 1 column 3: [0].request is missing" },
  { text: "- request: {path: /}", says: "line 1 column 3: [0].name is missing" },
  { text: "- name: 7\n  request: {path: /}", says: "[0].name must be text: got 7" },
  { text: "- name: A\n  request: {path: /, method: FETCH}", says: "must be one of GET, HEAD, POST" },
  {
    text: "- name: A\n  request: {path: /}\n  expect: {status: 2000}",
    says: "[0].expect.status must be a status from 100 to 599",
  },
  {
    text: "- name: A\n  request: {path: /}\n  expect: {response-time: 5}",
    says: "[0].expect.response-time must be text: got 5",
  },
  {
    text: "- name: A\n  request: {path: /}\n  expect: {response-time: fast}",
    says: 'must be a duration such as 500ms or 2s: got "fast"',
  },
  {
    text: "- name: A\n  request: {path: /}\n  expect: {contains: []}",
    says: "must be text or a list of texts",
  },
  {
    text: "- name: A\n  request: {path: /}\n  expect:\n    json:\n      path: $.a[\n      equals: 1",
    says: 'line 5 column 7: "$.a[" is not a JSONPath of RFC 9535',
  },
  {
    text: "- name: A\n  request: {path: /}\n  expect:\n    json: {path: $.a}",
    says: "[0].expect.json must be a mapping with path",
  },
  {
    text: "- {name: A, request: {path: /}}\n- {name: A, request: {path: /}}",
    says: "line 2 column 4: two tests have",
  },
  { text: "name: A", says: "line 1 column 1: the document must be a list of tests" },
  { text: "- name: [", says: "line 1" },
  { text: "- name: A\n  name: B\n  request: {path: /}", says: "line 2 column 3: Map keys must be unique" },
  { text: "- name: A\n  request: {path: /, headers: {'bad name': x}}", says: "headers" },
])("parseTests() refuses $text", ({ text, says }) => {
  expect(() => parse(text)).toThrow(ConfigError);
  expect(() => parse(text)).toThrow(says);
});
