import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseMetrics } from "../../src/domain/canary/parse-metrics.ts";
import { parseTests } from "../../src/domain/smoke/parse-tests.ts";
import { parseTraffic } from "../../src/domain/traffic/parse.ts";

const read = (name: string) => readFileSync(new URL(`../../examples/web/${name}`, import.meta.url), "utf8");

test("smoke-test reads the tests of the sample application", () => {
  const tests = parseTests({ input: "tests", text: read("tests/smoke.yaml") });
  expect(tests.map(({ request }) => request.shown)).toEqual([
    "GET /",
    "GET /api/health",
    "GET /api/orders",
    "POST /api/orders",
  ]);
});

test("canary-analyze reads the metrics of the sample application", () => {
  const ratios = { toleratedRatio: 1.2, unacceptableRatio: 2 };
  const metrics = parseMetrics({ input: "metrics", text: read("metrics.yaml") }, ratios);
  expect(metrics).toMatchObject([
    { name: "error-rate", limit: { share: 0.01 } },
    { name: "latency", limit: { share: 0.05, seconds: 0.5 } },
  ]);
});

test("helm-deploy and canary-analyze read the traffic of the sample application", () => {
  expect(parseTraffic(read("traffic-production.yaml"))).toMatchObject({
    stable: { service: "web", port: 80 },
    candidate: { service: "web-candidate", port: 80 },
  });
});
