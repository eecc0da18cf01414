import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { runPhase } from "../../../src/actions/helm-deploy/run.ts";
import { reasonsOf } from "../../../src/core/verdict.ts";
import { type FakeWorld, fakeSession, traffic } from "./fake-session.ts";
import { served } from "./states.ts";

async function run(inputs: Readonly<Record<string, string>>, world: FakeWorld) {
  const fake = await fakeSession(inputs, world);
  const outcome = await runPhase(fake.session);
  const outputs = outcome.outputs ?? {};
  return { ...fake, outcome, outputs, kind: outcome.verdict.kind, reasons: reasonsOf(outcome.verdict) };
}

const plan = (world: FakeWorld, inputs = {}) => run({ phase: "plan", ...inputs }, world);
const canary = { strategy: "canary", traffic };

test("a plan shows the difference, the times and what a rollback leaves, and changes nothing", async () => {
  const { kind, did, state, outputs, outcome } = await plan(served);
  expect(kind).toBe("pass");
  expect(did).toEqual([]);
  expect(state()).toBe(served.state);
  expect(outputs).toMatchObject({ changed: "true", "predicted-rollback-seconds": "13" });
  expect(readFileSync(outputs.diff ?? "", "utf8")).toContain(
    "+   spec.template.spec.containers[web].image: registry.example/web@sha256:bbb",
  );
  for (const part of [
    "security-scan: pass",
    "revision 1",
    "(estimated: ",
    "what hook Job web-migrate does",
  ]) {
    expect(outcome.summary).toContain(part);
  }
});

test("the plan is what the deploy is held to", async () => {
  const { outputs } = await plan(served);
  const reviewed = { plan: outputs.plan ?? "" };
  expect(await run(reviewed, served)).toMatchObject({ kind: "pass", did: ["upgrade web"] });
  const moved = {
    ...served,
    helm: {
      web: [
        { revision: 1, status: "superseded" },
        { revision: 2, status: "deployed" },
      ],
    },
  };
  const late = await run(reviewed, moved);
  expect(late).toMatchObject({ kind: "fail", did: [] });
  expect(late.reasons[0]).toContain("Release web is at revision 2, the plan was made at 1: re-run all jobs");
  const other = await run({ ...reviewed, set: "replicas: 9" }, served);
  expect(other).toMatchObject({ kind: "fail", did: [] });
  expect(other.reasons[0]).toContain("The values differ from those of the plan");
});

test("a plan for a canary names the candidate, and that a rollback is one change of weight", async () => {
  const { outputs, outcome } = await plan(served, canary);
  expect(outputs).toMatchObject({ "candidate-release": "web-candidate", "predicted-rollback-seconds": "5" });
  expect(outcome.summary).toContain("`web-candidate`, at weight 0 first");
});

test("a plan for the first deploy says that there is no way back", async () => {
  const { outputs, outcome } = await plan({}, canary);
  expect(outputs["candidate-release"]).toBe("");
  expect(outcome.summary).toContain("there is no version to return to");
  expect(outcome.summary).toContain("the canary is left out");
});

test("a plan tells images that are not named by digest", async () => {
  const loose = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p" },
    spec: { containers: [{ name: "c", image: "busybox:1" }] },
  };
  expect((await plan({ ...served, extraObjects: [loose] })).outcome.summary).toContain(
    "Image `busybox:1` is not named by digest",
  );
});

test("an approver is told about the slot that the waiting run holds", async () => {
  const fake = await fakeSession({ phase: "plan" }, served);
  const inputs = {
    ...fake.session.inputs,
    environment: "production",
    planEnvironment: "production-plan",
    approval: "required",
  } as const;
  const { summary } = await runPhase({ ...fake.session, inputs });
  expect(summary).toContain("While this waits for an answer it holds the slot of `web` in `production`");
});

test("a plan names what others have changed, and how it was found out", async () => {
  const { outcome, outputs } = await plan({ ...served, gone: "Service" });
  expect(outcome.summary).toContain(
    "> Service web was changed in the cluster since the last revision: it is gone.",
  );
  expect(readFileSync(outputs.diff ?? "", "utf8")).toMatch(/^\+ Service web$/m);
  expect(outcome.summary).toContain("| compared | by a server-side dry run");
});

test("a plan is red with what the cluster would refuse, object and field", async () => {
  const dryRunRefuses =
    'The Deployment "web" is invalid: spec.selector: Invalid value: {}: field is immutable';
  const { kind, reasons, did } = await plan({ ...served, dryRunRefuses });
  expect({ kind, did }).toEqual({ kind: "fail", did: [] });
  expect(reasons).toEqual([expect.stringMatching(/^Deployment web: spec\.selector cannot be changed/)]);
});

test("a plan whose identity may not ask works it out, and says so", async () => {
  const dryRunRefuses = 'Error from server (Forbidden): services "web" is forbidden: User "u" cannot patch';
  const { kind, outcome, outputs } = await plan({ ...served, dryRunRefuses });
  expect(kind).toBe("pass");
  expect(outcome.summary).toContain("computed from the live objects and the fields that the chart sets");
  expect(readFileSync(outputs.diff ?? "", "utf8")).toContain("~ Deployment web");
});

test("a plan warns where Helm would drop the way back", async () => {
  const web = [
    { revision: 1, status: "superseded" },
    { revision: 20, status: "deployed" },
  ];
  const few = await plan({ ...served, helm: { web } }, { "history-max": "3" });
  expect(few.outcome.summary).toContain("history-max 3 makes Helm drop revision 1, which is the way back");
  const many = await plan({ ...served, helm: { web } }, { "history-max": "100" });
  expect(many.outcome.summary).not.toContain("makes Helm drop");
});
