import { expect, test } from "vitest";
import type { Evidence } from "../../src/domain/evidence/evidence.ts";
import type { JobConclusion, JobResult } from "../../src/rehearsal/runner/events.ts";
import {
  answered,
  neverStarted,
  noRequestLost,
  noTag,
  oneDigest,
  productionServes,
  runEnded,
  saidNo,
} from "../../src/rehearsal/scenarios/expectations.ts";
import type { Outcome } from "../../src/rehearsal/scenarios/scenario.ts";

const [oldDigest, newDigest] = ["a", "b"].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];

function job(path: string, result: JobConclusion, second: number): JobResult {
  const steps = result === "skipped" ? [] : [{}];
  return {
    path,
    kind: "steps",
    result,
    steps,
    jobs: [],
    endedAt: new Date(second * 1000),
  } as unknown as JobResult;
}

function evidence(
  action: string,
  digest: string,
  verdict: Evidence["verdict"] = "pass",
  reasons: string[] = [],
) {
  return {
    artifact: "artifact",
    evidence: { action, verdict, reasons, subject: { digest } } as unknown as Evidence,
  };
}

const actions = ["build-push", "security-scan", "helm-deploy", "smoke-test", "canary-analyze"];

function outcome(changes: Partial<Record<keyof Outcome, unknown>> = {}): Outcome {
  return {
    stable: { commit: "c", digest: oldDigest },
    runs: [{ conclusion: "success", jobs: [job("x/build/build", "success", 1)] }],
    evidence: actions.map((action) => evidence(action, newDigest)),
    traffic: { total: 1000, lost: 0 },
    production: { answeringDigests: [newDigest], podDigests: [newDigest], candidatePods: 0, weight: 0 },
    taggedDigest: newDigest,
    ...changes,
  } as unknown as Outcome;
}

test("a good outcome differs in nothing", () => {
  const good = outcome();
  expect([
    ...runEnded(good, "success"),
    ...oneDigest(good),
    ...productionServes(good, "new"),
    ...noRequestLost(good),
  ]).toEqual([]);
});

test("runEnded() tells another end, and a run that never was", () => {
  expect(runEnded(outcome(), "failure")).toEqual(["run 1 ended as success, wanted failure"]);
  expect(runEnded(outcome(), "success", 1)).toEqual(["run 2 ended as no run, wanted success"]);
});

test("saidNo() wants the first failure to be the named job's", () => {
  const jobs = [job("c/staging/deploy", "failure", 9), job("c/build/scan", "failure", 3)];
  const failed = outcome({ runs: [{ conclusion: "failure", jobs }] });
  expect(saidNo(failed, "build/scan")).toEqual([]);
  expect(saidNo(failed, "staging/deploy")).toHaveLength(1);
  expect(saidNo(outcome(), "build/scan")).toHaveLength(1);
});

test("neverStarted() tells a job that ran steps", () => {
  expect(neverStarted(outcome(), "build/build")).toHaveLength(1);
  expect(neverStarted(outcome(), "build/tag")).toEqual([]);
});

test("answered() wants verdict and reason together", () => {
  const told = outcome({ evidence: [evidence("security-scan", newDigest, "fail", ["minimist 1.2.5"])] });
  expect(answered(told, "security-scan", { verdict: "fail", reason: /minimist/ })).toEqual([]);
  expect(answered(told, "security-scan", { verdict: "fail", reason: /lodash/ })).toHaveLength(1);
  expect(answered(told, "security-scan", { verdict: "pass" })).toHaveLength(1);
  expect(answered(told, "smoke-test", { verdict: "fail" })).toHaveLength(1);
});

test.each([
  { name: "an answer of the old version", production: { answeringDigests: [newDigest, oldDigest] } },
  { name: "no answer at all", production: { answeringDigests: [] } },
  { name: "a pod of the old version", production: { podDigests: [oldDigest] } },
  { name: "pods of the candidate", production: { candidatePods: 1 } },
  { name: "a weight that is left", production: { weight: 5 } },
  { name: "a weight that is no number", production: { weight: Number.NaN } },
])("productionServes() tells $name", ({ production }) => {
  const found = outcome({ production: { ...outcome().production, ...production } });
  expect(productionServes(found, "new")).toHaveLength(1);
});

test("noRequestLost() tells lost requests, and traffic too thin to tell", () => {
  expect(noRequestLost(outcome({ traffic: { total: 1000, lost: 1 } }))).toEqual([
    "1 of 1000 requests were lost",
  ]);
  expect(noRequestLost(outcome({ traffic: { total: 5, lost: 0 } }))).toHaveLength(1);
});

test("noTag() tells a tag", () => {
  expect(noTag(outcome())).toHaveLength(1);
  expect(noTag(outcome({ taggedDigest: undefined }))).toEqual([]);
});

test("oneDigest() tells a gate that is silent and one that speaks of another digest", () => {
  const silent = outcome({ evidence: outcome().evidence.slice(0, 4) });
  expect(oneDigest(silent)).toEqual([`no evidence of canary-analyze names ${newDigest}`]);
  const foreign = outcome({ evidence: [...outcome().evidence, evidence("smoke-test", oldDigest)] });
  expect(oneDigest(foreign)).toHaveLength(1);
});
