import { expect, test } from "vitest";
import { runBacktest } from "../../../src/actions/canary-analyze/backtest.ts";
import type { BacktestInputs } from "../../../src/actions/canary-analyze/backtest-inputs.ts";
import { readInputsOfMode } from "../../../src/actions/canary-analyze/inputs.ts";
import { CancelledError, ConfigError, OutsideError } from "../../../src/core/errors.ts";
import { at, listAt } from "../../../src/core/json.ts";
import { reasonsOf } from "../../../src/core/verdict.ts";
import { fakeRunner } from "../../fakes/fake-runner.ts";
import { endMs, recordedService, type ServiceRule } from "./backtest-service.ts";

const errors = `
- name: error-rate
  errors: requests_total{ {{arm}}, status="500" }
  requests: requests_total{ {{arm}} }
`;
const latency = `
- name: latency
  buckets: duration_bucket{ {{arm}} }
  limit: p95 500ms
`;

const inputs: BacktestInputs = {
  mode: "backtest",
  metrics: errors,
  source: { kind: "prometheus", access: { url: "http://prometheus", headers: {}, secrets: [] } },
  baseline: 'track="stable"',
  intervalMs: 15_000,
  rangeMs: 12 * 3_600_000,
  steps: [10, 50, 90].map((weight) => ({ weight, holdMs: 600_000 })),
  promotesEarly: false,
  confidence: 0.95,
  toleratedRatio: 1.2,
  unacceptableRatio: 3,
  minimumRequests: 50,
  onInconclusive: "fail",
};
const busy: ServiceRule = { hours: 12, requestsPerSecond: 20, errorRate: 0.005 };

async function tested(
  rule: ServiceRule,
  changed: Partial<BacktestInputs> = {},
  source = recordedService(rule).source,
) {
  const said: string[] = [];
  const result = await runBacktest(
    { ...inputs, ...changed },
    {
      clock: { now: () => endMs + 1000, sleep: async () => undefined },
      metrics: source,
      signal: new AbortController().signal,
      say: (line) => said.push(line),
      breathe: async () => undefined,
      streamLooks: 1,
    },
  );
  return { ...result, reasons: reasonsOf(result.verdict).join("; ") };
}

test("runBacktest() passes a plan that suits the service, and says what it found", async () => {
  const { verdict, details, summary, subject, reasons } = await tested(busy, { metrics: errors + latency });
  expect(reasons).toBe("");
  expect(verdict.kind).toBe("pass");
  expect(subject).toEqual({});
  expect(Number(at(details, "falseFails", "share"))).toBeLessThanOrEqual(0.05);
  expect(at(details, "smallestFound", "error-rate")).toBe(3);
  expect(at(details, "past", "metrics", "error-rate", "requests")).toBeGreaterThan(800_000);
  expect(at(details, "seed")).toBe(1);
  expect(summary).toMatch(/False fails: \d+ of \d+ releases of equal versions were stopped/);
  expect(summary).toMatch(/\| error-rate \| 5 times the errors \| found \| 100 % \|/);
  expect(summary).toContain('unacceptable-ratio: "3"');
});

test("runBacktest() is the same again, from its seed", async () => {
  const [one, two] = [await tested(busy), await tested(busy)];
  expect(one.details).toEqual(two.details);
});

test("runBacktest() with too little traffic is inconclusive, and says what is found", async () => {
  const { verdict, reasons, details } = await tested(
    { ...busy, requestsPerSecond: 2 },
    { minimumRequests: 5 },
  );
  expect(verdict.kind).toBe("inconclusive");
  expect(reasons).toMatch(
    /error-rate: 3 times the errors is found in \d+ of \d+ releases within 30 min 0 s, wanted are 80 %; /,
  );
  expect(at(details, "suggestion", "inputs")).toMatch(/step-interval: [24]0m\n/);
});

test("runBacktest() where the candidate never gets its requests says so", async () => {
  const { verdict, reasons } = await tested({ ...busy, requestsPerSecond: 0.2 }, { minimumRequests: 500 });
  expect(verdict.kind).toBe("inconclusive");
  expect(reasons).toMatch(
    /releases of equal versions end inconclusive: .*the candidate had \d+ of 500 requests/,
  );
});

test("runBacktest() with a past that is shorter than one release says so", async () => {
  const { verdict, reasons } = await tested({ ...busy, hours: 0.5 });
  expect(verdict.kind).toBe("inconclusive");
  expect(reasons).toMatch(
    /^the baseline has 29 min 45 s of samples: one release takes 30 min 0 s, and some past before it$/,
  );
});

test("runBacktest() keeps bursts together: they cost power, not good releases", async () => {
  const burst = await tested({ ...busy, burst: 8 });
  expect(Number(at(burst.details, "past", "metrics", "error-rate", "clump"))).toBeGreaterThan(4);
  expect(Number(at(burst.details, "falseFails", "share"))).toBeLessThanOrEqual(0.05);
  const single = await tested(busy);
  const found = (of: typeof single) =>
    listAt(of.details, "regressions").map((one) => Number(at(one, "stopped")) / Number(at(one, "releases")));
  const sum = (shares: readonly number[]) => shares.reduce((total, share) => total + share, 0);
  expect(sum(found(burst))).toBeLessThan(sum(found(single)));
});

test("runBacktest() injects a share of requests where the past has no errors", async () => {
  const { details, verdict } = await tested({ ...busy, errorRate: 0 });
  expect(at(details, "past", "metrics", "error-rate", "errors")).toBe(0);
  expect(at(details, "smallestFound", "error-rate")).toBeGreaterThanOrEqual(2);
  expect(verdict.kind).not.toBe("fail");
});

test("runBacktest() sees restarts of a process, and counts no request twice", async () => {
  const { details } = await tested({ ...busy, restartMinutes: 30 });
  const requests = Number(at(details, "past", "metrics", "error-rate", "requests"));
  expect(requests).toBeGreaterThan(800_000);
  expect(requests).toBeLessThan(900_000);
});

test("runBacktest() of a store that thins its samples looks as seldom as they come", async () => {
  const { details } = await tested({ ...busy, scrapeMs: 60_000 });
  expect(at(details, "past", "lookMs")).toBe(60_000);
  expect(listAt(details, "notes")[0]).toMatch(/^looks lie 60 s apart/);
  expect(at(details, "suggestion", "inputs")).toContain("interval: 1m");
});

test("runBacktest() asks in pieces, and in smaller ones where the store refuses", async () => {
  const { source, asked } = recordedService(busy);
  const weak: typeof source = {
    ...source,
    samples: async (selector, span) => {
      if (span.endMs - span.startMs > 3_700_000)
        throw new OutsideError("Prometheus answered 422: too many samples");
      return source.samples(selector, span);
    },
  };
  const { details } = await tested(busy, {}, weak);
  expect(Number(at(details, "past", "metrics", "error-rate", "requests"))).toBeGreaterThan(800_000);
  expect(Math.max(...asked.map((span) => span.endMs - span.startMs))).toBeLessThanOrEqual(3_700_000);
});

test.each([
  {
    metrics: errors.replaceAll("requests_total", "nothing"),
    says: /must name counters of the baseline: nothing\{ track="stable" \} of "error-rate" has no sample/,
  },
  {
    metrics: "- {name: cpu, gauge: 'cpu{ {{arm}} }'}",
    says: /must have a critical metric of errors or buckets in mode backtest/,
  },
])("runBacktest() refuses $metrics", async ({ metrics, says }) => {
  const refused = tested(busy, { metrics });
  await expect(refused).rejects.toThrow(ConfigError);
  await expect(refused).rejects.toThrow(says);
});

test("runBacktest() names the metrics that it cannot test", async () => {
  const { details, summary } = await tested(busy, {
    metrics: `${errors}- {name: cpu, gauge: 'cpu{ {{arm}} }'}`,
  });
  expect(details.untested).toEqual(["cpu"]);
  expect(summary).toContain("cpu has plain values, which cannot be dealt out: not tested");
});

test("runBacktest() ends between two releases when the step is cancelled", async () => {
  const abort = new AbortController();
  const ports = {
    clock: { now: () => endMs + 1000, sleep: async () => undefined },
    metrics: recordedService(busy).source,
    signal: abort.signal,
    say: () => undefined,
    breathe: async () => abort.abort(new CancelledError("The step was cancelled")),
  };
  await expect(runBacktest(inputs, ports)).rejects.toThrow(CancelledError);
});

const given = {
  mode: "backtest",
  metrics: "m.yaml",
  baseline: 'track="stable"',
  "prometheus-url": "http://p",
};

test("readInputsOfMode() reads a backtest without candidate, release or traffic", async () => {
  const read = await readInputsOfMode(fakeRunner("canary-analyze", given), {});
  expect(read).toMatchObject({ mode: "backtest", rangeMs: 7 * 86_400_000, confidence: 0.95 });
});

test.each([
  { more: { candidate: 'track="x"' }, says: 'Input "candidate" must be empty in mode backtest' },
  { more: { traffic: "t.yaml" }, says: 'Input "traffic" must be empty in mode backtest' },
  { more: { "backtest-range": "1s" }, says: 'Input "backtest-range" must be from 1m to 90d: got "1s"' },
  { more: { baseline: "" }, says: 'Input "baseline" is required: got nothing' },
  { more: { metrics: "" }, says: 'Input "metrics" is required: got nothing' },
  { more: { "prometheus-url": "" }, says: 'Input "prometheus-url" or "series" is required' },
])("readInputsOfMode() refuses $more in mode backtest", async ({ more, says }) => {
  const runner = fakeRunner("canary-analyze", { ...given, ...(more as Record<string, string>) });
  await expect(readInputsOfMode(runner, {})).rejects.toThrow(says);
});
