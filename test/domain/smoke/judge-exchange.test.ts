import { expect, test } from "vitest";
import { judgeExchange } from "../../../src/domain/smoke/judge-exchange.ts";
import { parseTests } from "../../../src/domain/smoke/parse-tests.ts";
import type { Exchange, SmokeTest } from "../../../src/domain/smoke/smoke-test.ts";

function testExpecting(expectation: string): SmokeTest {
  const [only] = parseTests({
    input: "tests",
    text: `- {name: A, request: {path: /a}, expect: ${expectation}}`,
  });
  if (only === undefined) throw new Error("no test");
  return only;
}

const answer = (text: string, status = 200, elapsedMs = 10): Exchange => ({
  kind: "answered",
  status,
  text,
  elapsedMs,
});

test.each([
  { expects: "{status: 200}", exchange: answer("ok") },
  { expects: "{}", exchange: answer("ok", 204) },
  { expects: "{status: [200, 404]}", exchange: answer("", 404) },
  { expects: "{status: 5xx}", exchange: answer("", 503) },
  { expects: "{response-time: 10ms}", exchange: answer("", 200, 10) },
  { expects: "{contains: [Wel, come]}", exchange: answer("Welcome") },
  { expects: "{json: {path: $.a, equals: {y: 2, x: [1]}}}", exchange: answer('{"a":{"x":[1],"y":2}}') },
  { expects: "{json: {path: $.a, equals: null}}", exchange: answer('{"a":null}') },
  { expects: '{json: {path: "$.l[*].n", equals: [1, 2]}}', exchange: answer('{"l":[{"n":1},{"n":2}]}') },
  { expects: '{json: {path: "$.none[*]", equals: []}}', exchange: answer("{}") },
  { expects: '{json: {path: "length($)", equals: 1}}', exchange: answer("{}"), refused: true },
])("judgeExchange() finds nothing wrong with $expects", ({ expects, exchange, refused }) => {
  if (refused === true) expect(() => testExpecting(expects)).toThrow("must be a JSONPath");
  else expect(judgeExchange(testExpecting(expects), exchange)).toEqual([]);
});

test.each([
  { expects: "{status: 200}", exchange: answer("", 503), says: "GET /a answered 503, expected 200" },
  { expects: "{}", exchange: answer("", 302), says: "GET /a answered 302, expected 2xx" },
  {
    expects: "{response-time: 500ms}",
    exchange: answer("", 200, 501),
    says: "GET /a took 501 ms, expected at most 500 ms",
  },
  {
    expects: "{response-time: 500ms}",
    exchange: answer("", 200, Number.NaN),
    says: "GET /a took NaN",
  },
  {
    expects: "{contains: Welcome}",
    exchange: answer("welcome"),
    says: 'GET /a answered a body without "Welcome"',
  },
  { expects: "{json: {path: $.a, equals: 1}}", exchange: answer("<html>"), says: "a body that is not JSON" },
  { expects: "{json: {path: $.a, equals: 1}}", exchange: answer("{}"), says: "JSON without $.a, expected 1" },
  {
    expects: "{json: {path: $.a, equals: 1}}",
    exchange: answer('{"a":"1"}'),
    says: '$.a as "1", expected 1',
  },
  { expects: "{json: {path: $.a, equals: {}}}", exchange: answer('{"a":{"b":1}}'), says: '$.a as {"b":1}' },
  {
    expects: '{json: {path: "$.a[*]", equals: 1}}',
    exchange: answer('{"a":[1]}'),
    says: "as [1], expected 1",
  },
  {
    expects: "{}",
    exchange: { kind: "broken", problem: "socket hang up", isReset: true, elapsedMs: 1 } as const,
    says: "GET /a got no whole answer: socket hang up",
  },
  {
    expects: "{}",
    exchange: { kind: "unreachable", problem: "connect ECONNREFUSED", elapsedMs: 1 } as const,
    says: "GET /a could not connect: connect ECONNREFUSED",
  },
])("judgeExchange() says what is wrong by $expects: $says", ({ expects, exchange, says }) => {
  const problems = judgeExchange(testExpecting(expects), exchange);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(says);
});

test("judgeExchange() shows the beginning of a long value, not the whole of it", () => {
  const [problem = ""] = judgeExchange(
    testExpecting("{json: {path: $.a, equals: 1}}"),
    answer(JSON.stringify({ a: "x".repeat(5000) })),
  );
  expect(problem.length).toBeLessThan(300);
});
