import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readInputs } from "../../../src/actions/smoke-test/inputs.ts";
import { smokeTest } from "../../../src/actions/smoke-test/run.ts";
import { runAction } from "../../../src/platform/action.ts";
import { probe } from "../../../src/platform/probe.ts";
import { type FakeRunner, fakeRunner } from "../../fakes/fake-runner.ts";

const digest = `sha256:${"a".repeat(64)}`;
const seen = new Map<string, number>();

const server = createServer((request, response) => {
  const path = request.url ?? "";
  const times = (seen.get(path) ?? 0) + 1;
  seen.set(path, times);
  if (path === "/ready" || path === "/flaky") return response.writeHead(times <= 2 ? 503 : 200).end("up");
  if (path === "/never") return response.writeHead(503).end();
  if (path === "/refused") return response.writeHead(401).end();
  if (path === "/version") return response.end('{"version":"1.2.3"}');
  if (path === "/versions")
    return response.end(JSON.stringify({ version: times % 3 === 0 ? "1.2.2" : "1.2.3" }));
  if (path === "/secret") return response.end(JSON.stringify({ echo: request.headers.authorization }));
  if (path === "/slow") return setTimeout(() => response.end("slow"), 200);
  return response.end("Welcome");
});
let base = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Runs the action with a clock that does not wait. */
async function run(inputs: Readonly<Record<string, string>>): Promise<FakeRunner> {
  seen.clear();
  let now = 0;
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
    },
  };
  const runner = fakeRunner("smoke-test", { "base-url": base, tests: homeTest, ...inputs });
  await runAction("smoke-test", runner, (context) =>
    smokeTest(readInputs(runner), context, { probe, clock }),
  );
  return runner;
}

const homeTest = "- name: Home\n  request: {path: /}\n  expect: {contains: Welcome}";
const testOf = (path: string, more = "") => `- name: It\n  request: {path: ${path}${more}}`;

test("smoke-test passes when ready, version and tests are as wanted", async () => {
  const runner = await run({ "ready-path": "/ready", "expected-version": "1.2.3" });
  expect(runner.failure()).toBeUndefined();
  expect(runner.outputs).toMatchObject({
    verdict: "pass",
    passed: "1",
    failed: "0",
    degraded: "0",
    reasons: "[]",
  });
  expect(JSON.parse(runner.outputs.slowest ?? "")).toMatchObject({ name: "Home" });
  expect(seen.get("/version")).toBe(5);
});

test("smoke-test counts a pass on a further try as degraded", async () => {
  const runner = await run({ tests: testOf("/flaky") });
  expect(runner.outputs).toMatchObject({ verdict: "pass", passed: "0", degraded: "1" });
  expect(runner.annotations[0]).toMatchObject({ level: "warning" });
});

test.each([
  {
    name: "a wrong answer",
    given: { tests: testOf("/never") },
    kind: "fail",
    says: "It: GET /never answered 503",
  },
  {
    name: "a flaky answer without retries",
    given: { tests: testOf("/flaky"), retries: "0" },
    kind: "fail",
    says: "answered 503",
  },
  {
    name: "a service that does not get ready",
    given: { "ready-path": "/never", "ready-timeout": "5s" },
    kind: "fail",
    says: "Not ready after 5.0 s: GET /never answered 503, expected 2xx",
  },
  {
    name: "another version",
    given: { "expected-version": "9.9.9", "ready-timeout": "2s" },
    kind: "fail",
    says: 'Wrong version after 2.0 s: GET /version answered "1.2.3", expected "9.9.9"',
  },
  {
    name: "a version that only some pods have",
    given: { "expected-version": "1.2.3", "version-path": "/versions", "ready-timeout": "2s" },
    kind: "fail",
    says: 'answered "1.2.2", expected "1.2.3"',
  },
  {
    name: "a service that hangs",
    given: { tests: testOf("/slow"), "request-timeout": "50ms" },
    kind: "fail",
    says: "GET /slow got no whole answer: the limit of 50 ms",
  },
  { name: "no tests", given: { tests: "[]" }, kind: "inconclusive", says: "No tests" },
  {
    name: "a ready path that wants credentials",
    given: { "ready-path": "/refused", "on-inconclusive": "warn" },
    kind: "inconclusive",
    says: "GET /refused was refused with 401",
  },
  {
    name: "an unreachable service",
    given: { "base-url": "http://127.0.0.1:1", "on-inconclusive": "warn" },
    kind: "inconclusive",
    says: "GET / could not connect: connect ECONNREFUSED 127.0.0.1:1",
  },
  {
    name: "an unreachable service that was waited for",
    given: { "base-url": "http://127.0.0.1:1", "ready-path": "/ready", "ready-timeout": "1s" },
    kind: "inconclusive",
    says: "GET /ready could not connect for",
  },
  {
    name: "a gate that left no evidence",
    given: { image: `ghcr.io/acme/web@${digest}`, require: "security-scan", "on-inconclusive": "warn" },
    kind: "inconclusive",
    says: `No evidence of security-scan names ${digest}`,
  },
])("smoke-test is $kind on $name", async ({ given, kind, says }) => {
  const runner = await run(given);
  expect(runner.outputs.verdict).toBe(kind);
  expect(runner.outputs.reasons).toContain(JSON.stringify(says).slice(1, -1));
  expect(runner.failure()).toContain(says);
});

test("smoke-test lets only the lack of tests pass with on-inconclusive: warn", async () => {
  const runner = await run({ tests: "[]", "on-inconclusive": "warn" });
  expect(runner.failure()).toBeUndefined();
  expect(runner.outputs.verdict).toBe("inconclusive");
});

test("smoke-test speaks for the digest and refuses evidence of another one", async () => {
  const image = `ghcr.io/acme/web@${digest}`;
  const good = await run({ image });
  const report = good.outputs.report ?? "";
  expect(JSON.parse(readFileSync(report, "utf8")).subject).toMatchObject({ digest, image });
  const accepted = await run({ image, evidence: report, require: "smoke-test" });
  expect(accepted.outputs.verdict).toBe("pass");
  const swapped = await run({ image: image.replaceAll("aaaa", "bbbb"), evidence: report });
  expect(swapped.outputs.verdict).toBe("fail");
  expect(seen.size).toBe(0);
});

test("smoke-test keeps credentials out of evidence, JUnit and summary", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-junit-"));
  const junit = join(folder, "sub", "junit.xml");
  const runner = await run({
    tests: `${testOf("/secret", ", headers: {Authorization: 'Bearer {{login}}'}")}\n  expect: {json: {path: $.echo, equals: none}}`,
    variables: "login=s3cr3t-value",
    "junit-file": junit,
  });
  expect(runner.masked).toContain("s3cr3t-value");
  expect(runner.outputs.failed).toBe("1");
  const files = [junit, runner.outputs.report ?? ""].map((file) => readFileSync(file, "utf8")).join();
  expect(files + runner.summaries.join() + runner.outputs.reasons).not.toContain("s3cr3t-value");
});

test("smoke-test reads tests from a file and annotates it", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "sluice-tests-")), "smoke.yaml");
  writeFileSync(file, `# tests\n${testOf("/never")}\n`);
  const runner = await run({ tests: file });
  expect(runner.annotations[0]).toMatchObject({ level: "error", file, line: 2 });
});

test.each([
  { given: { "base-url": "" }, says: 'Input "base-url" is required: got nothing' },
  {
    given: { "base-url": "web.example" },
    says: 'Input "base-url" must be an http or https URL: got "web.example"',
  },
  { given: { "base-url": "http://u:p@web.example" }, says: 'Input "base-url" must not hold credentials' },
  { given: { "base-url": "http://web.example/?a=1" }, says: 'Input "base-url" must end with its path' },
  { given: { tests: "" }, says: 'Input "tests" is required: got nothing' },
  { given: { tests: "none.yaml" }, says: 'Input "tests" must name a file that can be read' },
  { given: { tests: "{a: 1}" }, says: 'Input "tests" must follow its format: line 1' },
  { given: { "ready-path": "ready" }, says: 'Input "ready-path" must begin with /: got "ready"' },
  { given: { "ready-timeout": "soon" }, says: 'Input "ready-timeout" must be a duration such as 90s' },
  { given: { retries: "many" }, says: 'Input "retries" must be a number from 0 to 10: got "many"' },
  { given: { retries: "1.5" }, says: 'Input "retries" must be a whole number' },
  { given: { "request-timeout": "0s" }, says: 'Input "request-timeout" must be longer than 0s' },
  { given: { concurrency: "0" }, says: 'Input "concurrency" must be a number from 1 to 1000' },
  { given: { headers: "Bearer abc" }, says: 'Input "headers" must hold one "Name: value" a line' },
  { given: { variables: "abc" }, says: 'Input "variables" must hold one "name=value" a line' },
  { given: { image: "ghcr.io/acme/web:1" }, says: 'Input "image" must name the image by digest' },
  { given: { require: "security-scan" }, says: 'Input "image" must be given by digest' },
  { given: { "on-inconclusive": "pass" }, says: 'Input "on-inconclusive" must be one of fail, warn' },
  {
    given: { image: `ghcr.io/acme/web@${digest}`, evidence: "none/*.json" },
    says: 'Input "evidence" must name evidence files',
  },
  { given: { "junit-file": "<folder>" }, says: 'Input "junit-file" must name a file that can be written' },
  { given: { tests: testOf("'/{{id}}'") }, says: 'Input "variables" must give every variable of the tests' },
])("smoke-test refuses $given before it asks anything", async ({ given, says }) => {
  const folder = join(mkdtempSync(join(tmpdir(), "sluice-bad-")), "a-folder");
  mkdirSync(folder);
  const inputs = Object.entries(given).map(([name, text]) => [name, text.replace("<folder>", folder)]);
  const runner = await run(Object.fromEntries(inputs));
  expect(runner.outputs.verdict).toBe("inconclusive");
  expect(runner.failure()).toContain(says);
  expect(runner.failure()).not.toContain("Bearer abc");
  expect(seen.size).toBe(0);
});
