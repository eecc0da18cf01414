import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readInputs } from "../../../src/actions/canary-analyze/inputs.ts";
import { openSource } from "../../../src/actions/canary-analyze/source.ts";
import { canaryAnalyze } from "../../../src/actions/canary-analyze/story.ts";
import { runAction } from "../../../src/platform/action.ts";
import { seeded } from "../../domain/canary/random.ts";
import { fakeRunner } from "../../fakes/fake-runner.ts";

const startSeconds = 1_700_000_000;

/** What Prometheus would answer for both versions after so many minutes of traffic. */
function recording(
  minutes: number,
  errorRate: { readonly stable: number; readonly candidate: number },
): string {
  const random = seeded(5);
  const result = (["stable", "candidate"] as const).flatMap((track) => {
    const totals = { good: 100, bad: 3 };
    const series = { good: [] as unknown[], bad: [] as unknown[] };
    for (let second = 0; second <= minutes * 60; second += 15) {
      const bad = random.binomial(300, errorRate[track]);
      totals.good += 300 - bad;
      totals.bad += bad;
      series.good.push([startSeconds + second, String(totals.good)]);
      series.bad.push([startSeconds + second, String(totals.bad)]);
    }
    const labels = { __name__: "requests_total", track, job: "web", instance: `${track}:8080` };
    return [
      { metric: { ...labels, status: "200" }, values: series.good },
      { metric: { ...labels, status: "500" }, values: series.bad },
    ];
  });
  const path = join(mkdtempSync(join(tmpdir(), "sluice-recording-")), "series.json");
  writeFileSync(path, JSON.stringify({ status: "success", data: { resultType: "matrix", result } }));
  return path;
}

const given = {
  mode: "analyze",
  metrics: `
- name: error-rate
  errors: requests_total{ {{arm}}, status=~"5.." }
  requests: requests_total{ {{arm}} }
  limit: 1%
`,
  baseline: 'track="stable"',
  candidate: 'track="candidate"',
};

async function analyzeFile(series: string, changed: Readonly<Record<string, string>> = {}) {
  const runner = fakeRunner("canary-analyze", { ...given, series, ...changed });
  await runAction("canary-analyze", runner, async ({ mask, signal }) => {
    const inputs = await readInputs(runner, {});
    const aheadMs = inputs.mode === "analyze" ? inputs.durationMs : 0;
    const ports = {
      ...(await openSource(inputs, { mask, aheadMs })),
      withWeights: () => expect.unreachable("a recording has no weights"),
    };
    return canaryAnalyze(inputs, { runner, signal }, ports);
  });
  const evidence = JSON.parse(readFileSync(runner.outputs.report ?? "", "utf8"));
  return { runner, evidence };
}

const same = { stable: 0.002, candidate: 0.002 };

test("canary-analyze judges a file of series in its own time, without waiting", async () => {
  const path = recording(20, same);
  const { runner, evidence } = await analyzeFile(path);
  expect(runner.failure()).toBeUndefined();
  expect(runner.outputs).toMatchObject({ verdict: "pass", "decided-after-seconds": "900" });
  expect(evidence.details.source).toEqual({ series: path });
  const [first] = evidence.details.looks;
  expect(Date.parse(first.at)).toBeGreaterThan((startSeconds + 300) * 1000);
  expect(Date.parse(first.at)).toBeLessThan((startSeconds + 330) * 1000);
  const { candidate } = evidence.details.judged[0].sum;
  // 15 minutes of 300 requests each 15 s, without the scrape that straddles the start.
  expect(candidate.total).toBeGreaterThan(57 * 300);
  expect(candidate.total).toBeLessThanOrEqual(60 * 300);
});

test("canary-analyze gives the same evidence for the same file", async () => {
  const path = recording(20, same);
  const judged = async () => (await analyzeFile(path)).evidence.details;
  expect(await judged()).toEqual(await judged());
});

test("canary-analyze fails a recorded version with four times the errors", async () => {
  const { runner } = await analyzeFile(recording(20, { stable: 0.005, candidate: 0.02 }));
  expect(runner.outputs.verdict).toBe("fail");
  expect(Number(runner.outputs["decided-after-seconds"])).toBeLessThan(900);
});

test.each([
  {
    name: "a duration that the file does not hold",
    minutes: 10,
    changed: {},
    says: 'Input "duration" must not be longer than what "series" holds (10 min 0 s): got 15 min 0 s',
  },
  {
    name: "a baseline that the file does not hold",
    minutes: 20,
    changed: { baseline: 'track="stabel"' },
    says: 'requests_total{ track="stabel" } of "error-rate" has no sample in the last 5 min: no series has track="stabel": track is "stable" or "candidate", did you mean "stable"',
  },
])("canary-analyze refuses $name", async ({ minutes, changed, says }) => {
  const { runner } = await analyzeFile(recording(minutes, same), changed);
  expect(runner.outputs.verdict).toBe("inconclusive");
  expect(runner.failure()).toContain(says);
});

test("canary-analyze refuses a file in mode ramp", async () => {
  const changed = { mode: "ramp", release: "web", namespace: "production", kubeconfig: "/k" };
  const { runner } = await analyzeFile("series.json", changed);
  expect(runner.failure()).toBe('Input "series" must be empty in mode ramp, which judges live traffic');
});
