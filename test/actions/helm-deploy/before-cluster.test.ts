import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readInputs } from "../../../src/actions/helm-deploy/inputs.ts";
import { helmDeploy } from "../../../src/actions/helm-deploy/run.ts";
import { reasonsOf } from "../../../src/core/verdict.ts";
import type { ActionContext } from "../../../src/platform/action.ts";
import { type FakeRegistry, fakeRegistry } from "../../fakes/fake-registry.ts";
import { fakeRunner } from "../../fakes/fake-runner.ts";
import { all, useApi } from "../../rehearsal/github/api.ts";
import { wholeDigest } from "./fake-objects.ts";

const standIn = useApi();
let registry: FakeRegistry;
const there = wholeDigest("a");

beforeAll(async () => {
  registry = await fakeRegistry();
  registry.manifests.set(there, {
    type: "application/vnd.oci.image.manifest.v1+json",
    bytes: Buffer.from("{}"),
  });
});
afterAll(() => registry.close());

/** Runs up to the cluster: whoever gets there fails with the sentence that nothing can be started. */
async function run(given: Readonly<Record<string, string>>, { runId = "77" } = {}) {
  const { github } = standIn();
  const runner = fakeRunner("helm-deploy", {
    release: "web",
    namespace: "shop",
    chart: new URL("../../../examples/web/chart", import.meta.url).pathname,
    image: `${registry.host}/acme/web@${there}`,
    kubeconfig: "apiVersion: v1",
    "github-token": github.issueToken({ permissions: all, actor: "octocat" }),
    ...given,
  });
  const context = {
    runner: {
      ...runner,
      env: { ...runner.env, GITHUB_API_URL: github.apiUrl, GITHUB_REPOSITORY: "acme/web" },
    },
    signal: new AbortController().signal,
    shell: () => Promise.reject(new Error("the cluster was reached")),
    mask: () => undefined,
    run: {
      repository: "acme/web",
      commit: "c0ffee",
      runId,
      attempt: 2,
      job: "deploy",
      actor: "octocat",
      url: "",
    },
  } as unknown as ActionContext;
  const result = await helmDeploy(await readInputs(context.runner), context);
  return { kind: result.verdict.kind, reasons: reasonsOf(result.verdict), result };
}

function evidenceFile(action: string, change: object = {}): string {
  const path = join(fakeRunner("helm-deploy", {}).env.RUNNER_TEMP ?? "", `${action}.json`);
  const evidence = {
    schema: "sluice.evidence/v1",
    action,
    verdict: "pass",
    reasons: [],
    subject: { digest: there },
    run: { repository: "acme/web", commit: "c", runId: "1", attempt: 1, job: "j", actor: "a", url: "" },
    startedAt: "2026-01-01T00:00:00Z",
    finishedAt: "2026-01-01T00:00:01Z",
    details: {},
    ...change,
  };
  writeFileSync(path, JSON.stringify(evidence));
  return path;
}

const helpers = { "plan-environment": "staging", "recovery-environment": "staging" };
const canary = {
  strategy: "canary",
  traffic:
    "provider: gateway\nroute: {name: web}\nstable: {service: web}\ncandidate: {service: web-candidate}",
};

test.each([
  { name: "an image that is gone", given: { image: "gone" }, says: "is not in its registry" },
  {
    name: "an environment nobody must approve",
    given: { phase: "plan", environment: "staging", ...helpers },
    says: 'Environment "staging" has no required reviewers',
  },
  {
    name: "an environment that does not exist",
    given: { phase: "plan", environment: "nowhere", ...helpers },
    says: 'Environment "nowhere" does not exist',
  },
  {
    name: "a custom protection rule",
    given: { phase: "plan", environment: "odd", approval: "none", ...helpers },
    says: 'custom deployment protection rule "change-board"',
  },
  {
    name: "a plan environment without a branch policy",
    given: { phase: "plan", environment: "production", ...helpers, "plan-environment": "odd" },
    says: 'plan-environment "odd" has no branch policy',
  },
  {
    name: "a recovery environment that does not exist",
    given: { environment: "production", "recovery-environment": "nowhere" },
    says: 'recovery-environment "nowhere" does not exist',
  },
])("refuses $name before the cluster is reached", async ({ given, says }) => {
  const image = "image" in given ? { image: `${registry.host}/acme/web@${wholeDigest("f")}` } : {};
  const { kind, reasons, result } = await run({ ...given, ...image });
  expect(kind).toBe("fail");
  expect(reasons.join("; ")).toContain(says);
  expect(result.outputs["failure-reason"]).toBe("refused");
});

test("refuses a run that nobody approved, and takes the approver of one that was", async () => {
  standIn().github.state.runs.set(78, { ...standIn().run, id: 78, approvals: [] });
  const environment = { environment: "production", "recovery-environment": "staging" };
  expect((await run(environment, { runId: "78" })).reasons).toEqual([
    'Run 78 has no approval for environment "production"',
  ]);
  await expect(run(environment)).rejects.toThrow("the cluster was reached");
});

test("refuses a digest that evidence does not name, or that did not pass", async () => {
  const gates = { require: "security-scan" };
  expect(
    await run({
      ...gates,
      evidence: evidenceFile("security-scan", { subject: { digest: wholeDigest("c") } }),
    }),
  ).toMatchObject({ kind: "fail" });
  expect(
    await run({
      ...gates,
      evidence: evidenceFile("security-scan", { verdict: "fail", reasons: ["a secret"] }),
    }),
  ).toMatchObject({ kind: "fail" });
  expect(await run({ ...gates, evidence: evidenceFile("build-push") })).toMatchObject({
    kind: "inconclusive",
  });
  await expect(run({ ...gates, evidence: evidenceFile("security-scan") })).rejects.toThrow(
    "the cluster was reached",
  );
});

test("promote wants a ramp that passed: an analysis that never held the weight is not one", async () => {
  const promote = { phase: "promote", ...canary };
  expect(
    await run({ ...promote, evidence: evidenceFile("canary-analyze", { mode: "analyze" }) }),
  ).toMatchObject({ kind: "inconclusive" });
  await expect(
    run({ ...promote, evidence: evidenceFile("canary-analyze", { mode: "ramp" }) }),
  ).rejects.toThrow("the cluster was reached");
});

test("finish wants the smoke test, whatever else is required", async () => {
  const { kind, reasons } = await run({ phase: "finish", evidence: evidenceFile("canary-analyze") });
  expect(kind).toBe("inconclusive");
  expect(reasons[0]).toContain("No evidence of smoke-test names");
});

test("a plan without a plan environment does not read the cluster", async () => {
  const { kind, result } = await run({
    phase: "plan",
    environment: "production",
    "recovery-environment": "staging",
  });
  expect(kind).toBe("pass");
  expect(result.outputs).toMatchObject({ changed: "true", plan: expect.stringContaining("plan.json") });
  expect(result.summary).toContain("no identity may read the cluster before the approval");
});

test.each([
  {
    name: "a folder without a chart",
    given: { chart: "/nowhere" },
    says: 'Input "chart" must be the folder or archive of a chart, or an oci:// reference: there is nothing at "/nowhere"',
  },
  {
    name: "a folder that is no chart",
    given: { chart: new URL(".", import.meta.url).pathname },
    says: 'Input "chart" must be a chart: there is no Chart.yaml in',
  },
  {
    name: "a chart at an http address",
    given: { chart: "https://charts.example/web-1.0.0.tgz" },
    says: 'Input "chart" must be a folder, an archive or an oci:// reference: got "https://',
  },
  {
    name: "a chart version for a folder",
    given: { "chart-version": "1.0.0" },
    says: 'Input "chart-version" is for a chart in a registry: got "1.0.0"',
  },
  {
    name: "a chart in a registry without a version",
    given: { chart: "oci://ghcr.io/acme/charts/web" },
    says: 'Input "chart-version" is required for a chart in a registry',
  },
  {
    name: "a keyring for a folder",
    given: { "chart-keyring": new URL("states.ts", import.meta.url).pathname },
    says: 'Input "chart-keyring" needs a packaged chart',
  },
  {
    name: "a values file that is not there",
    given: { values: "/nowhere.yaml" },
    says: 'Input "values" must name files that can be read: got "/nowhere.yaml"',
  },
  {
    name: "evidence that is not there",
    given: { evidence: "/nowhere/*.json" },
    says: 'nothing matches "/nowhere/*.json"',
  },
])("refuses $name", async ({ given, says }) => {
  await expect(run(given)).rejects.toThrow(says);
});
