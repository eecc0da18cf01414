import { expect, test } from "vitest";
import { analyze, ramp } from "../../../src/actions/canary-analyze/run.ts";
import { reasonsOf } from "../../../src/core/verdict.ts";
import { parseMetrics } from "../../../src/domain/canary/parse-metrics.ts";
import { rampInputs, simulate, type WorldRule } from "./world.ts";

const text = `
- name: error-rate
  errors: requests_total{ {{arm}}, status="500" }
  requests: requests_total{ {{arm}} }
  limit: 1%
- name: latency
  buckets: duration_bucket{ {{arm}} }
  limit: p95 500ms
`;

const inputs = { ...rampInputs(text), durationMs: 600_000 };

const fine = { errorRate: 0.002, slowRate: 0.005 };
const equal: WorldRule = { requestsPerSecond: 40, stable: fine, candidate: fine };

const shares = (...weights: readonly number[]) => weights.map((weight) => ({ weight, holdMs: 120_000 }));

async function rampIn(rule: WorldRule, changed: Partial<typeof inputs> = {}, metrics = text) {
  const world = simulate(rule);
  const given = { ...inputs, ...changed };
  const read = parseMetrics({ input: "metrics", text: metrics }, given);
  const outcome = await ramp({ inputs: given, metrics: read, ports: world }, world.weights);
  return { world, outcome, reasons: reasonsOf(outcome.verdict).join("; ") };
}

test("ramp() raises an equal version step by step and leaves it at the last weight below 100", async () => {
  const { world, outcome } = await rampIn(equal);
  expect(outcome.verdict.kind).toBe("pass");
  expect(world.events).toEqual(["raise 5", "raise 35", "raise 65", "raise 95"]);
  expect(world.weight()).toBe(95);
  expect(outcome.weight).toBe(95);
  expect(outcome.steps.map(({ ended }) => ended)).toEqual(["advanced", "advanced", "advanced", "passed"]);
  expect(outcome.steps.every(({ requests }) => requests >= 50)).toBe(true);
});

test("ramp() counts every stratum apart and drops what was scraped across a change", async () => {
  const { outcome } = await rampIn(equal);
  const strata = new Set(
    outcome.watch.looks.flatMap(({ batches }) => batches["error-rate"] ?? []).map((one) => one.stratum),
  );
  expect([...strata]).toEqual(["5", "35", "65", "95"]);
  const [first] = outcome.steps;
  // 120 s, of which the first scrape straddles the change and the last is not yet stored: at most 105 s are counted.
  expect(first?.requests).toBeLessThan(40 * 105 * 0.07);
});

test("ramp() ends at the first look that proves four times the errors, with weight 0", async () => {
  const bad = { ...fine, errorRate: 0.008 };
  const { world, outcome, reasons } = await rampIn({ ...equal, candidate: bad, requestsPerSecond: 200 });
  expect(outcome.verdict.kind).toBe("fail");
  expect(reasons).toMatch(/^error-rate: \d+ errors in \d+ requests .* against .*; allowed is 1.2 times/);
  expect(world.weight()).toBe(0);
  expect(outcome.weight).toBe(0);
  expect(world.events.at(-1)).toBe("home within 60000 ms");
  const last = outcome.watch.looks.at(-1);
  const failedBefore = outcome.watch.looks
    .slice(0, -1)
    .some((look) => look.judgements.some((one) => one.kind === "failed"));
  expect(last?.judgements.some((one) => one.kind === "failed")).toBe(true);
  expect(failedBefore).toBe(false);
});

test("ramp() stops a broken version within its first step", async () => {
  const { world, outcome } = await rampIn({ ...equal, candidate: { ...fine, errorRate: 0.5 } });
  expect(outcome.verdict.kind).toBe("fail");
  expect(world.events).toEqual(["raise 5", "home within 60000 ms"]);
  expect(outcome.steps).toMatchObject([{ weight: 5, ended: "failed" }]);
});

test("ramp() stops a slow version", async () => {
  const { outcome, reasons } = await rampIn({ ...equal, candidate: { ...fine, slowRate: 0.2 } });
  expect(outcome.verdict.kind).toBe("fail");
  expect(reasons).toMatch(/^latency: \d+ in \d+ \(.*\) slower than 500 ms against/);
});

test("ramp() waits one more interval for requests, then is inconclusive with weight 0", async () => {
  const { world, outcome, reasons } = await rampIn(equal, { minimumRequests: 100_000 });
  expect(outcome.verdict.kind).toBe("inconclusive");
  expect(reasons).toMatch(
    /^weight 5 %: the candidate had \d+ of 100000 requests in this step, after 4 min 0 s$/,
  );
  expect(outcome.steps).toMatchObject([
    { ended: "inconclusive", extendedFor: expect.stringMatching(/requests/) },
  ]);
  expect(outcome.isBroken).toBe(false);
  expect(world.events).toEqual(["raise 5", "home within 60000 ms"]);
});

test("ramp() goes on after an extended step that got its requests", async () => {
  const { outcome } = await rampIn(equal, { minimumRequests: 250, steps: shares(5, 95) });
  expect(outcome.steps[0]).toMatchObject({
    ended: "advanced",
    extendedFor: expect.stringMatching(/of 250 requests/),
  });
  expect(outcome.verdict.kind).toBe("pass");
});

test("ramp() is inconclusive when the store gets nothing new", async () => {
  const { world, outcome, reasons } = await rampIn({ ...equal, silentAfter: 200 });
  expect(outcome.verdict.kind).toBe("inconclusive");
  expect(reasons).toMatch(/^weight 65 %: the newest sample of both versions is \d+ s old/);
  expect(world.weight()).toBe(0);
});

test("ramp() is inconclusive when the last step ends without evidence enough", async () => {
  const { outcome, reasons } = await rampIn(
    { ...equal, requestsPerSecond: 1 },
    { steps: shares(5), minimumRequests: 2 },
  );
  expect(outcome.verdict.kind).toBe("inconclusive");
  expect(reasons).toMatch(
    /the evidence does not suffice yet, after 4 min 0 s; error-rate: .* do not suffice to show/,
  );
});

test("ramp() bears two failed looks and ends red, with weight 0, at the third", async () => {
  const { world, outcome, reasons } = await rampIn({ ...equal, downAfter: 60 });
  expect(outcome).toMatchObject({ verdict: { kind: "inconclusive" }, isBroken: true, weight: 0 });
  expect(reasons).toBe("Prometheus at http://prometheus answered 503");
  expect(outcome.watch.looks.filter(({ problem }) => problem !== undefined)).toHaveLength(3);
  expect(world.events).toEqual(["raise 5", "home within 60000 ms"]);
});

test("ramp() takes the traffic back within the time that a cancel leaves", async () => {
  const { world, outcome, reasons } = await rampIn({ ...equal, cancelAfter: 40 });
  expect(outcome).toMatchObject({ verdict: { kind: "inconclusive" }, isBroken: true, weight: 0 });
  expect(reasons).toBe("The step was cancelled");
  expect(world.events).toEqual(["raise 5", "home within 6000 ms"]);
  expect(world.weight()).toBe(0);
});

test("ramp() says so when the traffic could not be taken back", async () => {
  const bad = { ...fine, errorRate: 0.5 };
  const { outcome, reasons } = await rampIn({ ...equal, candidate: bad, homeFails: true });
  expect(outcome).toMatchObject({ verdict: { kind: "fail" }, isBroken: true });
  expect(outcome.weight).toBeUndefined();
  expect(reasons).toMatch(/The candidate may still get traffic: Weight 0 could not be set: no connection$/);
});

test.each([
  {
    name: "a query without series",
    metrics: text.replaceAll("requests_total", "nothing_total"),
    rule: equal,
    says: 'Input "metrics" must name series of the baseline: nothing_total{ track="stable" } of "error-rate" has no sample in the last 5 min',
  },
  {
    name: "a limit below every bucket",
    metrics: text.replace("500ms", "400ms"),
    rule: equal,
    says: 'Input "metrics" must set limits that a bucket can show: "latency" has 0.4 s, the smallest bucket ends at 0.5 s',
  },
  { name: "a store that is down", metrics: text, rule: { ...equal, downAfter: 0 }, says: "answered 503" },
])("ramp() refuses $name before the first weight is set", async ({ metrics, rule, says }) => {
  const world = simulate(rule);
  const read = parseMetrics({ input: "metrics", text: metrics }, inputs);
  await expect(ramp({ inputs, metrics: read, ports: world }, world.weights)).rejects.toThrow(says);
  expect(world.events).toEqual([]);
});

test("ramp() prints one line for each look, with weight, counts and evidence", async () => {
  const { world, outcome } = await rampIn(equal);
  const lines = world.said.filter((line) => line.includes("error-rate"));
  expect(lines).toHaveLength(outcome.watch.looks.length);
  expect(lines[0]).toBe("weight 5 %  error-rate: nothing counted yet  |  latency: nothing counted yet");
  expect(lines[3]).toMatch(
    /^weight 5 % {2}error-rate \d+\/\d+ against \d+\/\d+ errors, p \S+, e-value against \S+, for \S+, open {2}\| {2}latency /,
  );
});

async function analyzeIn(rule: WorldRule, changed: Partial<typeof inputs> = {}) {
  const world = simulate(rule);
  await world.weights.raise(20, { expiresMs: 0, signal: world.signal, ramp: {} });
  const given = { ...inputs, ...changed };
  const metrics = parseMetrics({ input: "metrics", text }, given);
  const outcome = await analyze({ inputs: given, metrics, ports: world });
  return { world, outcome };
}

test("analyze() looks for the whole time, passes and touches no weight", async () => {
  const { world, outcome } = await analyzeIn(equal);
  expect(outcome.verdict.kind).toBe("pass");
  expect(outcome.decidedMs - outcome.startedMs).toBe(600_000);
  expect(world.events).toEqual(["raise 20"]);
});

test("analyze() ends at the first look that fails", async () => {
  const { world, outcome } = await analyzeIn({ ...equal, candidate: { ...fine, errorRate: 0.3 } });
  expect(outcome.verdict.kind).toBe("fail");
  expect(outcome.decidedMs - outcome.startedMs).toBeLessThan(120_000);
  expect(world.weight()).toBe(20);
});

test.each<{ name: string; rule: WorldRule; changed?: Partial<typeof inputs>; says: RegExp }>([
  {
    name: "too few requests",
    rule: equal,
    changed: { minimumRequests: 100_000 },
    says: /had \d+ of 100000 requests/,
  },
  {
    name: "stale data",
    rule: { ...equal, silentAfter: 200 },
    says: /newest sample of both versions is \d+ s old/,
  },
  {
    name: "hardly any traffic",
    rule: { ...equal, requestsPerSecond: 1 },
    says: /do not suffice to show .+; needs (about \d+ \w+|more than a month) more at [\d.]+ requests\/s/,
  },
])("analyze() is inconclusive by $name", async ({ rule, changed = {}, says }) => {
  const { outcome } = await analyzeIn(rule, changed);
  expect(outcome.verdict.kind).toBe("inconclusive");
  expect(reasonsOf(outcome.verdict).join()).toMatch(says);
});

test("ramp() skips the steps that remain once it passes, where that is allowed", async () => {
  const { world, outcome } = await rampIn(equal, { promotesEarly: true });
  expect(outcome.verdict.kind).toBe("pass");
  const raised = world.events.map((event) => Number(event.replace("raise ", "")));
  const planned = inputs.steps.map(({ weight }) => weight);
  expect([...raised, ...outcome.skipped]).toEqual(planned);
  expect(outcome.skipped).not.toEqual([]);
  expect(outcome.weight).toBe(raised.at(-1));
  expect(outcome.steps.at(-1)).toMatchObject({ ended: "passed" });
  expect(outcome.steps.at(-1)?.requests).toBeGreaterThanOrEqual(50);
});

test("ramp() does not end early before the candidate had its requests", async () => {
  const { outcome } = await rampIn(equal, { promotesEarly: true, minimumRequests: 2000 });
  for (const step of outcome.steps.filter(({ ended }) => ended === "passed"))
    expect(step.requests).toBeGreaterThanOrEqual(2000);
});
