import { expect, test } from "vitest";
import { judgeTests, tally } from "../../../src/domain/smoke/judge-tests.ts";
import { escapeXml, writeJunit } from "../../../src/domain/smoke/junit.ts";
import { parseTests } from "../../../src/domain/smoke/parse-tests.ts";
import { judgeStage, type StageOutcome } from "../../../src/domain/smoke/readiness.ts";
import { mayTryAgain, waitBeforeTry } from "../../../src/domain/smoke/retry.ts";
import type { Exchange, SmokeTest, TestOutcome } from "../../../src/domain/smoke/smoke-test.ts";
import { secretVariables, withVariables } from "../../../src/domain/smoke/variables.ts";
import { namesVersion, shownVersion } from "../../../src/domain/smoke/version.ts";

const answered = (status: number): Exchange => ({ kind: "answered", status, text: "", elapsedMs: 5 });
const refused: Exchange = { kind: "unreachable", problem: "connect ECONNREFUSED", elapsedMs: 1 };
const broken = (isReset: boolean): Exchange => ({ kind: "broken", problem: "gone", isReset, elapsedMs: 1 });

function one(text: string): SmokeTest {
  const [only] = parseTests({ input: "tests", text });
  if (only === undefined) throw new Error("no test");
  return only;
}

const plain = one("- {name: A, request: {path: /}}");
const outcome = (result: TestOutcome["result"], exchange = answered(200)): TestOutcome => ({
  test: { ...plain, name: result },
  result,
  attempts: result === "degraded" ? 2 : 1,
  exchange,
  problems: result === "passed" ? [] : ["GET / answered 503"],
});

test.each([
  { outcomes: [], kind: "inconclusive" },
  { outcomes: [outcome("passed")], kind: "pass" },
  { outcomes: [outcome("degraded")], kind: "pass" },
  { outcomes: [outcome("passed"), outcome("failed")], kind: "fail" },
  { outcomes: [outcome("failed", refused)], kind: "inconclusive" },
  { outcomes: [outcome("failed", refused), outcome("passed")], kind: "fail" },
])("judgeTests() gives $kind", ({ outcomes, kind }) => {
  expect(judgeTests(outcomes).kind).toBe(kind);
});

test("judgeTests() names the test in its reason", () => {
  expect(judgeTests([outcome("failed")])).toEqual({ kind: "fail", reasons: ["failed: GET / answered 503"] });
});

test("tally() counts each test once and finds the slowest", () => {
  const slow = outcome("passed", { kind: "answered", status: 200, text: "", elapsedMs: 80.4 });
  expect(tally([outcome("passed"), outcome("degraded"), outcome("failed"), slow])).toEqual({
    passed: 2,
    degraded: 1,
    failed: 1,
    slowest: { name: "passed", milliseconds: 80 },
  });
  expect(tally([])).toEqual({ passed: 0, failed: 0, degraded: 0 });
});

test.each([
  { method: "GET", exchange: answered(503), again: true },
  { method: "GET", exchange: answered(429), again: true },
  { method: "GET", exchange: answered(500), again: false },
  { method: "GET", exchange: answered(404), again: false },
  { method: "GET", exchange: answered(200), again: false },
  { method: "POST", exchange: answered(503), again: false },
  { method: "POST", exchange: refused, again: true },
  { method: "POST", exchange: broken(true), again: false },
  { method: "GET", exchange: broken(true), again: true },
  { method: "GET", exchange: broken(false), again: false },
])("mayTryAgain() of $method after $exchange is $again", ({ method, exchange, again }) => {
  expect(mayTryAgain(method, exchange)).toBe(again);
});

test("waitBeforeTry() follows the server's wish up to five seconds", () => {
  expect(waitBeforeTry(1, answered(503))).toBe(250);
  expect(waitBeforeTry(2, answered(503))).toBe(500);
  expect(
    waitBeforeTry(1, { kind: "answered", status: 429, text: "", elapsedMs: 1, retryAfterMs: 2000 }),
  ).toBe(2000);
  expect(waitBeforeTry(1, { kind: "answered", status: 429, text: "", elapsedMs: 1, retryAfterMs: 9e9 })).toBe(
    5000,
  );
});

test.each([
  { body: '{"version":"1.2.3"}', names: true },
  { body: '{"version":"1.2.30"}', names: false },
  { body: '{"version":"1.2.2","previous":"1.2.3"}', names: false },
  { body: '{"commit":"1.2.3"}', names: true },
  { body: '"1.2.3"', names: true },
  { body: "1.2.3\n", names: true },
  { body: "web 1.2.3 (linux)", names: true },
  { body: "1.2.30", names: false },
  { body: "", names: false },
])("namesVersion() in $body is $names", ({ body, names }) => {
  expect(namesVersion(body, "1.2.3")).toBe(names);
});

test("shownVersion() quotes what came, on one line", () => {
  expect(shownVersion('{"version":"1.2"}')).toBe('"1.2"');
  expect(shownVersion("a\n::error::b")).toBe('"a\\n::error::b"');
  expect(shownVersion(" ")).toBe("nothing");
});

const stage = (end: StageOutcome["end"], name: StageOutcome["stage"] = "ready"): StageOutcome => ({
  stage: name,
  shown: "GET /ready",
  end,
  elapsedMs: 60_000,
  asked: 9,
});

test.each([
  { outcome: stage({ kind: "reached" }), verdict: { kind: "pass" } },
  {
    outcome: stage({ kind: "not-reached", last: "answered 503, expected 2xx" }),
    verdict: { kind: "fail", reasons: ["Not ready after 1 min 0 s: GET /ready answered 503, expected 2xx"] },
  },
  {
    outcome: stage({ kind: "not-reached", last: 'answered "1.0", expected "1.1"' }, "version"),
    verdict: {
      kind: "fail",
      reasons: ['Wrong version after 1 min 0 s: GET /ready answered "1.0", expected "1.1"'],
    },
  },
  {
    outcome: stage({ kind: "refused", status: 401 }),
    verdict: {
      kind: "inconclusive",
      missing: ['GET /ready was refused with 401: give credentials by the input "headers"'],
    },
  },
  {
    outcome: stage({ kind: "unreachable", problem: "ENOTFOUND" }),
    verdict: { kind: "inconclusive", missing: ["GET /ready could not connect for 1 min 0 s: ENOTFOUND"] },
  },
])("judgeStage() of $outcome.end.kind", ({ outcome: seen, verdict }) => {
  expect(judgeStage(seen)).toEqual(verdict);
});

test("withVariables() fills request and expectation, and keeps the shown request as written", () => {
  const written = one(
    "- {name: A, request: {path: '/{{ tenant }}', headers: {Authorization: 'Bearer {{token}}'}, body: {t: '{{tenant}}'}}, expect: {contains: '{{tenant}}', json: {path: $.a, equals: ['{{tenant}}', 1]}}}",
  );
  const filled = withVariables(
    written,
    new Map([
      ["tenant", "acme"],
      ["token", "t0p"],
    ]),
  );
  expect(filled.request).toEqual({
    method: "GET",
    path: "/acme",
    headers: { Authorization: "Bearer t0p", "content-type": "application/json" },
    body: '{"t":"acme"}',
    shown: "GET /{{ tenant }}",
  });
  expect(filled.expect.contains).toEqual(["acme"]);
  expect(filled.expect.json).toEqual([{ path: "$.a", equals: ["acme", 1] }]);
});

test("withVariables() refuses what is not given and what would start another header", () => {
  const written = one("- {name: A, request: {path: /, headers: {X-Id: '{{id}}'}}}");
  expect(() => withVariables(written, new Map())).toThrow('"A" (line 1) uses "id"');
  expect(() => withVariables(written, new Map([["id", "a\r\nEvil: yes"]]))).toThrow("must be one line");
});

test("secretVariables() finds them by name and by use", () => {
  const written = one(
    "- {name: A, request: {path: '/{{tenant}}', headers: {Authorization: 'Basic {{login}}'}}}",
  );
  const variables = new Map([
    ["tenant", "acme"],
    ["login", "dTpw"],
    ["api-key", "k-1"],
    ["DB_PASSWORD", "p-1"],
  ]);
  expect(secretVariables(variables, [written])).toEqual(["dTpw", "k-1", "p-1"]);
});

test("writeJunit() keeps hostile names and messages inside their attributes", () => {
  const hostile = { ...outcome("failed"), problems: ['"/><testcase name="x" \u0000\u001b[31m\ud800 &'] };
  const xml = writeJunit([stage({ kind: "reached" })], [hostile, outcome("degraded"), outcome("passed")]);
  expect(xml).toContain('<testsuites name="smoke-test" tests="4" failures="1" errors="0" skipped="0"');
  expect(xml.match(/<testcase /g)).toHaveLength(4);
  expect(xml).toContain('message="&quot;/&gt;&lt;testcase name=&quot;x&quot; \ufffd\ufffd[31m\ufffd &amp;"');
  expect(xml).toContain("<system-out>passed at try 2; before: GET / answered 503</system-out>");
});

test.each([
  { text: "a\nb\tc", safe: "a&#10;b&#9;c" },
  { text: "😀 ]]>", safe: "😀 ]]&gt;" },
  { text: "\ufffe\uffff", safe: "\ufffd\ufffd" },
])("escapeXml() of $text", ({ text, safe }) => {
  expect(escapeXml(text)).toBe(safe);
});
