import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { runBacktest } from "../../src/actions/canary-analyze/backtest.ts";
import { readInputsOfMode } from "../../src/actions/canary-analyze/inputs.ts";
import { at, listAt, textAt } from "../../src/core/json.ts";
import { reasonsOf } from "../../src/core/verdict.ts";
import type { Evidence } from "../../src/domain/evidence/evidence.ts";
import { makeApplication } from "../../src/rehearsal/application.ts";
import { backtestSection } from "../../src/rehearsal/report/backtest-section.ts";
import { planWorkflow } from "../../src/rehearsal/runner/run.ts";
import type { RunOptions } from "../../src/rehearsal/runner/run-options.ts";
import { backtest } from "../../src/rehearsal/scenarios/backtest.ts";
import type { Outcome } from "../../src/rehearsal/scenarios/scenario.ts";
import type { Stage } from "../../src/rehearsal/stage.ts";
import { sluiceRepository, sluiceRoot } from "../../src/rehearsal/stage.ts";
import { endMs, recordedService } from "../actions/canary-analyze/backtest-service.ts";
import { fakeRunner } from "../fakes/fake-runner.ts";

/** The application of the scenario, with the workflow that it runs. */
async function application() {
  const made = await makeApplication(mkdtempSync(join(tmpdir(), "sluice-backtest-")));
  await backtest.change({ application: made } as unknown as Stage);
  const sha = await made.commit("backtest");
  const text = await made.read(backtest.workflow ?? "");
  const steps = listAt(parse(text), "jobs", "backtest", "steps");
  const step = steps.find((one) => textAt(one, "id") === "backtest");
  return { made, sha, given: at(step, "with") as Record<string, string> };
}

test("the workflow of the scenario is one that the rehearsal plays", async () => {
  const { made, sha } = await application();
  const options = {
    sluiceRoot,
    sluiceRepository,
    app: { folder: made.folder, repository: "acme/web", sha },
    workflow: backtest.workflow ?? "",
    event: { name: "workflow_dispatch" },
    vars: {},
    secrets: {},
  };
  const { plan } = await planWorkflow(options as unknown as RunOptions);
  expect(plan.jobs.map((job) => job.kind)).toEqual(["steps"]);
});

test("a minute of its traffic suffices for the figures that the scenario asks for", async () => {
  const { given, made } = await application();
  const metrics = (await made.read("metrics.yaml"))
    .replaceAll("http_requests_total", "requests_total")
    .replaceAll("http_request_duration_seconds_bucket", "duration_bucket");
  const runner = fakeRunner("canary-analyze", { ...given, metrics, "prometheus-url": "http://p" });
  const inputs = await readInputsOfMode(runner, {});
  if (inputs.mode !== "backtest") throw new Error("another mode was read");
  const { source } = recordedService({ hours: 1 / 60, requestsPerSecond: 150, errorRate: 0, scrapeMs: 2000 });
  const result = await runBacktest(inputs, {
    clock: { now: () => endMs + 1000, sleep: async () => undefined },
    metrics: source,
    signal: new AbortController().signal,
    say: () => undefined,
    breathe: async () => undefined,
    streamLooks: 1,
  });
  expect(reasonsOf(result.verdict)).toEqual([]);
  const evidence = {
    action: "canary-analyze",
    mode: "backtest",
    verdict: result.verdict.kind,
    reasons: reasonsOf(result.verdict),
    details: result.details,
  } as unknown as Evidence;
  const outcome = {
    runs: [{ conclusion: "success", jobs: [] }],
    evidence: [{ artifact: "a", evidence }],
    stable: { digest: "d" },
    production: { answeringDigests: ["d"], podDigests: ["d"], candidatePods: 0, weight: 0 },
    traffic: { total: 1000, lost: 0 },
  } as unknown as Outcome;
  expect(backtest.judge(outcome)).toEqual([]);
  const section = backtestSection(evidence);
  expect(section).toContain("releases of equal versions were stopped");
  expect(section).toContain("<td>50 times the errors</td><td>found</td>");
});

test("the scenario sees a backtest that left nothing, or stopped equal versions", () => {
  const outcome = {
    runs: [{ conclusion: "success", jobs: [] }],
    evidence: [],
    stable: { digest: "d" },
    production: { answeringDigests: ["d"], podDigests: ["d"], candidatePods: 0, weight: 0 },
    traffic: { total: 1000, lost: 0 },
  } as unknown as Outcome;
  expect(backtest.judge(outcome)).toEqual(["no evidence of a backtest was left"]);
  const details = { falseFails: { releases: 40, share: 0.2 }, regressions: [] };
  const evidence = [
    { artifact: "a", evidence: { mode: "backtest", verdict: "fail", reasons: ["r"], details } },
  ];
  expect(backtest.judge({ ...outcome, evidence } as unknown as Outcome)).toHaveLength(3);
});
