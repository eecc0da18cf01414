import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readInputs } from "../../../src/actions/canary-analyze/inputs.ts";
import { canaryAnalyze, type StoryPorts } from "../../../src/actions/canary-analyze/story.ts";
import { OutsideError } from "../../../src/core/errors.ts";
import { runAction } from "../../../src/platform/action.ts";
import { fakeRunner } from "../../fakes/fake-runner.ts";
import { simulate, type WorldRule } from "./world.ts";

const digest = `sha256:${"a".repeat(64)}`;
const fine = { errorRate: 0.002, slowRate: 0.005 };
const equal: WorldRule = { requestsPerSecond: 40, stable: fine, candidate: fine };
const given = {
  mode: "ramp",
  metrics: `
- name: error-rate
  errors: requests_total{ {{arm}}, status="500" }
  requests: requests_total{ {{arm}} }
  limit: 1%
- name: latency
  buckets: duration_bucket{ {{arm}} }
  limit: p95 500ms
  critical: false
`,
  "prometheus-url": "http://prometheus",
  baseline: 'track="stable"',
  candidate: 'track="candidate"',
  "step-weight": "45",
  "step-interval": "2m",
  release: "web",
  namespace: "production",
  image: `ghcr.io/acme/web@${digest}`,
  kubeconfig: "/kubeconfig",
  traffic:
    "{provider: gateway, route: {name: web}, stable: {service: web}, candidate: {service: web-candidate}}",
};

async function run(
  rule: WorldRule,
  changed: Readonly<Record<string, string>> = {},
  ports: Partial<StoryPorts> = {},
) {
  const world = simulate(rule);
  const runner = fakeRunner("canary-analyze", { ...given, ...changed });
  await runAction("canary-analyze", runner, async () => {
    const inputs = await readInputs(runner, {});
    return canaryAnalyze(
      inputs,
      { runner, signal: world.signal },
      {
        clock: world.clock,
        metrics: world.metrics,
        withWeights: (_inputs, body) => body(world.weights),
        ...ports,
      },
    );
  });
  const evidence = JSON.parse(readFileSync(runner.outputs.report ?? "", "utf8"));
  return { world, runner, evidence };
}

test("canary-analyze passes with outputs, evidence and summary", async () => {
  const { runner, evidence } = await run(equal);
  expect(runner.failure()).toBeUndefined();
  expect(runner.outputs).toMatchObject({
    verdict: "pass",
    reasons: "[]",
    weight: "95",
    "decided-after-seconds": "360",
  });
  expect(Number(runner.outputs["p-value"])).toBeGreaterThan(0.05);
  expect(evidence).toMatchObject({
    action: "canary-analyze",
    mode: "ramp",
    subject: { digest, release: "web", namespace: "production" },
    details: {
      weight: 95,
      steps: [
        { weight: 5, ended: "advanced" },
        { weight: 50, ended: "advanced" },
        { weight: 95, ended: "passed" },
      ],
    },
  });
  expect(runner.summaries.join()).toContain("| 95 % | 2 min 0 s |");
  expect(runner.summaries.join()).toMatch(/\*\*passed\*\* error-rate: \d+ errors in \d+ requests/);
});

test("canary-analyze leaves evidence from which each look can be drawn and judged again", async () => {
  const { evidence } = await run(equal);
  const looks: readonly Look[] = evidence.details.looks;
  // Of the 24 looks that three steps of 2 min have at most, fewer are needed while nothing speaks against the candidate.
  expect(looks.length).toBeLessThan(24);
  expect(looks.length).toBeGreaterThanOrEqual(18);
  for (const look of looks) {
    expect(look.metrics["error-rate"]).toMatchObject({
      candidate: { bad: expect.any(Number), total: expect.any(Number) },
      baseline: { bad: expect.any(Number), total: expect.any(Number) },
    });
  }
  const added = looks.reduce((sum, look) => sum + (look.metrics["error-rate"]?.candidate.total ?? 0), 0);
  expect(added).toBe(looks.at(-1)?.metrics["error-rate"]?.sum.candidate.total);
  expect(new Set(looks.map(({ weight }) => weight))).toEqual(new Set([5, 50, 95]));
});

interface Look {
  readonly weight: number;
  readonly metrics: Readonly<
    Record<string, { readonly candidate: { total: number }; readonly sum: { candidate: { total: number } } }>
  >;
}

test("canary-analyze fails red, with the reason, and the weight is 0", async () => {
  const { runner, world } = await run({ ...equal, candidate: { ...fine, errorRate: 0.3 } });
  expect(runner.outputs).toMatchObject({ verdict: "fail", weight: "0" });
  expect(runner.failure()).toMatch(/^fail: error-rate: \d+ errors in \d+ requests/);
  expect(Number(runner.outputs["p-value"])).toBeLessThan(0.05);
  expect(world.weight()).toBe(0);
});

test("canary-analyze lets a metric that is not critical decide nothing", async () => {
  const { runner } = await run({ ...equal, candidate: { ...fine, slowRate: 0.5 } });
  expect(runner.outputs.verdict).toBe("pass");
  expect(runner.summaries.join()).toMatch(/\*\*failed\*\* \(decides nothing\) latency/);
});

test.each([
  { name: "a gap in the evidence", rule: equal, warn: { "minimum-requests": "90000" }, red: false },
  { name: "a store that went away", rule: { ...equal, downAfter: 60 }, warn: {}, red: true },
  { name: "a cancel", rule: { ...equal, cancelAfter: 60 }, warn: {}, red: true },
])("canary-analyze with on-inconclusive warn: $name is red: $red", async ({ rule, warn, red }) => {
  const { runner, world } = await run(rule, { ...warn, "on-inconclusive": "warn" });
  expect(runner.outputs.verdict).toBe("inconclusive");
  expect(runner.failure() !== undefined).toBe(red);
  expect(world.weight()).toBe(0);
});

test("canary-analyze keeps the looks in the evidence of a run that broke", async () => {
  const { evidence } = await run({ ...equal, cancelAfter: 60 });
  expect(evidence.details.looks.length).toBeGreaterThan(0);
  expect(evidence.reasons).toEqual(["The step was cancelled"]);
});

function evidenceOf(folder: string, about: string, verdict: string): string {
  const file = join(folder, `${verdict}.json`);
  const run = { repository: "", commit: "", runId: "1", attempt: 1, job: "", actor: "", url: "" };
  const document = {
    schema: "sluice.evidence/v1",
    action: "security-scan",
    verdict,
    reasons: [],
    subject: { digest: about },
    run,
    startedAt: "2026-01-01T00:00:00Z",
    finishedAt: "2026-01-01T00:01:00Z",
    details: {},
  };
  writeFileSync(file, JSON.stringify(document));
  return file;
}

test.each([
  {
    name: "another digest",
    about: `sha256:${"b".repeat(64)}`,
    verdict: "pass",
    says: /names sha256:b+, not sha256:a+/,
  },
  { name: "a gate that said no", about: digest, verdict: "fail", says: /security-scan did not pass/ },
])("canary-analyze gives no traffic on evidence of $name", async ({ about, verdict, says }) => {
  const folder = fakeRunner("canary-analyze", {}).env.RUNNER_TEMP ?? "";
  const file = evidenceOf(folder, about, verdict);
  const { runner, world } = await run(equal, { evidence: file, require: "security-scan" });
  expect(runner.failure()).toMatch(says);
  expect(world.events).toEqual([]);
});

test("canary-analyze gives traffic on evidence that vouches for the digest", async () => {
  const folder = fakeRunner("canary-analyze", {}).env.RUNNER_TEMP ?? "";
  const { runner } = await run(equal, {
    evidence: evidenceOf(folder, digest, "pass"),
    require: "security-scan",
  });
  expect(runner.outputs.verdict).toBe("pass");
});

test.each<{ name: string; changed: Readonly<Record<string, string>>; rule?: WorldRule; says: RegExp }>([
  {
    name: "metrics of another form",
    changed: { metrics: "- {name: a}" },
    says: /Input "metrics" must follow its format: line 1/,
  },
  {
    name: "a metrics file that is not there",
    changed: { metrics: "/nowhere.yaml" },
    says: /Input "metrics" must name a file/,
  },
  { name: "evidence that is not there", changed: { evidence: "/nowhere/*.json" }, says: /nothing matches/ },
  {
    name: "traffic of another form",
    changed: { traffic: "{provider: pigeon}" },
    says: /Input "traffic".*must be/,
  },
  { name: "a store that is down", changed: {}, rule: { ...equal, downAfter: 0 }, says: /answered 503/ },
])("canary-analyze refuses $name before anything is touched", async ({ changed, rule = equal, says }) => {
  const { runner, world } = await run(rule, changed);
  expect(runner.failure()).toMatch(says);
  expect(runner.outputs.verdict).toBe("inconclusive");
  expect(world.events).toEqual([]);
});

test("canary-analyze refuses a cluster that is away before anything is touched", async () => {
  const away = () => Promise.reject(new OutsideError("kubectl get exited with 1: connection refused"));
  const { runner, world } = await run(equal, {}, { withWeights: away });
  expect(runner.failure()).toMatch(/connection refused/);
  expect(world.events).toEqual([]);
});
