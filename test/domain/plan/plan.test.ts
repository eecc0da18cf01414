import { expect, test } from "vitest";
import { reasonsOf } from "../../../src/core/verdict.ts";
import { type Applied, type DeployPlan, judgePlan, planSchema } from "../../../src/domain/plan/plan.ts";
import { predictRollback, predictRollout } from "../../../src/domain/plan/prediction.ts";
import type { DeployRecord } from "../../../src/domain/record/record.ts";
import { deploymentOf, manifest } from "../release/objects.ts";

const applied: Applied = {
  release: "web",
  namespace: "production",
  environment: "production",
  strategy: "canary",
  digest: "sha256:1",
  valuesDigest: "values",
  baseRevision: 7,
  manifestDigest: "manifest",
  candidateManifestDigest: "candidate",
};

const plan: DeployPlan = {
  ...applied,
  strategy: "canary",
  schema: planSchema,
  version: "1",
  images: [],
  chart: "web-1",
  rendered: { baseRevision: 7, manifestDigest: "manifest", candidateManifestDigest: "candidate" },
  changed: true,
  run: { repository: "acme/web", id: "1", attempt: 1 },
  createdAt: "",
};

test("judgePlan() passes what was reviewed, and a promotion that renders no candidate", () => {
  expect(judgePlan(plan, applied).kind).toBe("pass");
  const { candidateManifestDigest: _none, ...promotion } = applied;
  expect(judgePlan(plan, promotion).kind).toBe("pass");
});

test.each([
  {
    name: "another digest",
    change: { digest: "sha256:2" },
    says: 'The plan is for digest "sha256:1", not "sha256:2"',
  },
  {
    name: "another environment",
    change: { environment: "staging" },
    says: 'The plan is for environment "production", not "staging"',
  },
  {
    name: "a base revision that has moved",
    change: { baseRevision: 8 },
    says: "Release web is at revision 8, the plan was made at 7: re-run all jobs",
  },
  {
    name: "another rendering",
    change: { manifestDigest: "other" },
    says: "What the chart renders now differs from the plan: re-run all jobs",
  },
  {
    name: "another candidate",
    change: { candidateManifestDigest: "other" },
    says: "What the chart renders now differs from the plan: re-run all jobs",
  },
  {
    name: "other values",
    change: { valuesDigest: "other" },
    says: "The values differ from those of the plan: re-run all jobs",
  },
])("judgePlan() refuses $name", ({ change, says }) => {
  const verdict = judgePlan(plan, { ...applied, ...change });
  expect(verdict.kind).toBe("fail");
  expect(reasonsOf(verdict)[0]).toContain(says);
});

test("judgePlan() holds a plan made without the cluster to digest and values alone", () => {
  const { rendered: _none, ...blind } = plan;
  expect(judgePlan(blind, { ...applied, baseRevision: 99, manifestDigest: "other" }).kind).toBe("pass");
  expect(judgePlan(blind, { ...applied, valuesDigest: "other" }).kind).toBe("fail");
});

const records = [12.3, 8.1, undefined, 9].map(
  (rolloutSeconds) => ({ ...(rolloutSeconds === undefined ? {} : { rolloutSeconds }) }) as DeployRecord,
);
const rolling = (replicas: number, rollingUpdate: object) =>
  manifest(deploymentOf("web", { replicas, strategy: { rollingUpdate } }));

test("predictRollout() takes the slowest measured one, and says when it only guesses", () => {
  expect(predictRollout(records, rolling(2, {}))).toMatchObject({ seconds: 13, basis: "measured" });
  expect(predictRollout([], rolling(10, { maxSurge: 1, maxUnavailable: 0 }))).toMatchObject({
    seconds: 80,
    basis: "estimated",
  });
  expect(predictRollout([], rolling(10, { maxSurge: "25%", maxUnavailable: "25%" }))).toMatchObject({
    seconds: 16,
  });
});

test("predictRollback() is seconds for a canary, a rollout for rolling, nothing for the first deploy", () => {
  const rollout = predictRollout(records, []);
  expect(predictRollback(rollout, { strategy: "canary", isFirst: false }).seconds).toBe(5);
  expect(predictRollback(rollout, { strategy: "rolling", isFirst: false })).toMatchObject({
    seconds: 18,
    basis: "measured",
  });
  expect(predictRollback(rollout, { strategy: "rolling", isFirst: true }).basis).toBe("removal");
});
