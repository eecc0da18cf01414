import { expect, test } from "vitest";
import { runPhase } from "../../../src/actions/helm-deploy/run.ts";
import { reasonsOf } from "../../../src/core/verdict.ts";
import { addRecord, type DeployRecord } from "../../../src/domain/record/record.ts";
import { emptyState, type ReleaseState } from "../../../src/domain/record/state.ts";
import { type FakeWorld, fakeSession } from "./fake-session.ts";
import { recordOf, served, servedState, untilBegun } from "./states.ts";

async function deploy(world: FakeWorld, inputs: Readonly<Record<string, string>> = {}) {
  const fake = await fakeSession(inputs, world);
  const outcome = await runPhase(fake.session);
  return {
    ...fake,
    outcome,
    kind: outcome.verdict.kind,
    reasons: reasonsOf(outcome.verdict),
    record: fake.state().records[0],
  };
}

test("a good upgrade writes its record and leaves it open for the smoke test", async () => {
  const { kind, did, record, outcome } = await deploy({ ...served });
  expect(kind).toBe("pass");
  expect(did).toEqual(["upgrade web"]);
  expect(record).toMatchObject({
    status: "deploying",
    revision: 2,
    previousRevision: 1,
    verdicts: [{ gate: "security-scan", verdict: "pass" }],
  });
  expect(outcome.outputs).toMatchObject({ revision: "2", "previous-revision": "1", record: record?.id });
});

test("a crash ends Helm at once, is explained by the log, and returns to the last good revision by its number", async () => {
  const { kind, did, record, reasons, outcome } = await deploy({ ...served, behaviour: "crash" });
  expect(kind).toBe("fail");
  expect(reasons).toEqual([
    "Deployment web: pod web-new-1, container web ended with exit code 1, restarted twice: cannot start: no database".replace(
      "twice",
      "2 times",
    ),
  ]);
  expect(did).toEqual(["upgrade web", "rollback web 1"]);
  expect(outcome.outputs).toMatchObject({
    "failure-reason": "crash",
    revision: "2",
    "previous-revision": "1",
  });
  expect(record).toMatchObject({ status: "rolled-back", revision: 2 });
});

test("on-failure keep leaves what is there to the steps after", async () => {
  const { did, record } = await deploy({ ...served, behaviour: "crash" }, { "on-failure": "keep" });
  expect(did).toEqual(["upgrade web"]);
  expect(record).toMatchObject({ status: "bad", revision: 2 });
});

test("a failed hook before the upgrade has touched nothing, so nothing is rolled back", async () => {
  const { kind, did, record, outcome, reasons } = await deploy({ ...served, behaviour: "hook fails" });
  expect(kind).toBe("fail");
  expect(reasons[0]).toContain("pre-upgrade hooks failed: job web-migrate failed");
  expect(did).toEqual(["upgrade web"]);
  expect(record).toMatchObject({ status: "bad", untouched: true });
  expect(outcome.outputs).toMatchObject({ "failure-reason": "hook" });
});

test("a rollout that is not ready in time says what it waited for", async () => {
  const { reasons, outcome } = await deploy({ ...served, behaviour: "late", timeoutMs: 300 });
  expect(reasons[0]).toBe(
    "Not ready after 0.3 s: Deployment web has 0 of 1 new pods ready: pod web-new-1 runs but is not ready",
  );
  expect(outcome.outputs).toMatchObject({ "failure-reason": "timeout" });
});

test("a rollback that fails too is a second reason", async () => {
  const { reasons } = await deploy({ ...served, behaviour: "crash", rollbackFails: true });
  expect(reasons[1]).toBe("The rollback to revision 1 failed too: Error: timed out");
});

test("a failed first install is left as it is", async () => {
  const { did, outcome, record } = await deploy({ behaviour: "crash" });
  expect(did).toEqual(["upgrade web"]);
  expect(outcome.details?.afterwards).toMatch(/first install/);
  expect(record?.status).toBe("bad");
});

test("without a proven or observed revision nothing is rolled back", async () => {
  const { did } = await deploy({ helm: served.helm ?? {}, behaviour: "crash", stableIsDown: true });
  expect(did).toEqual(["upgrade web"]);
});

test("what the cluster would refuse is refused before the first write", async () => {
  const { kind, did, reasons, record } = await deploy({
    helm: served.helm ?? {},
    dryRunRefuses: "Deployment web is invalid: spec.selector: field is immutable",
  });
  expect(kind).toBe("fail");
  expect(reasons[0]).toContain("The cluster would refuse release web: Deployment web is invalid");
  expect(did).toEqual([]);
  expect(record).toBeUndefined();
});

test("a chart that ignores the image is refused", async () => {
  const fake = await fakeSession({ image: `registry.example/web@sha256:${"c".repeat(64)}` }, served);
  await expect(runPhase(fake.session)).rejects.toThrow(
    'Input "image" must be used by the chart: release web would run',
  );
  expect(fake.did).toEqual([]);
});

test("a release without our record is observed before anything changes", async () => {
  const { state, did } = await deploy({ helm: served.helm ?? {}, behaviour: "crash" });
  const observed = state().records.find(({ status }) => status === "observed");
  expect(observed).toMatchObject({ revision: 1, strategy: "observed" });
  expect(did).toEqual(["upgrade web", "rollback web 1"]);
});

test("a deploy that its own run never judged becomes observed, not good", async () => {
  const open = recordOf("x", { status: "deploying", revision: 1, run: { id: "50" } });
  const { state } = await deploy({ ...served, state: { ...emptyState, records: [open] }, isOver: true });
  expect(state().records.find(({ id }) => id === "x")).toMatchObject({ status: "observed" });
});

test("a digest on hold is refused", async () => {
  const hold = {
    digest: `sha256:${"b".repeat(64)}`,
    reason: "loses orders",
    actor: "ann",
    since: "2026-01-01",
    url: "",
  };
  const { kind, did, reasons } = await deploy({ ...served, state: { ...servedState, holds: [hold] } });
  expect(kind).toBe("fail");
  expect(reasons[0]).toContain("is on hold since 2026-01-01 by ann: loses orders");
  expect(did).toEqual([]);
});

test("a cancelled step says so, and leaves the rollback to the steps after", async () => {
  const cancel = new AbortController();
  const { session, did, state } = await fakeSession(
    {},
    { ...served, behaviour: "hangs", signal: cancel.signal },
  );
  const running = runPhase(session);
  await untilBegun(did);
  cancel.abort();
  const outcome = await running;
  expect(reasonsOf(outcome.verdict)).toEqual(["The step was cancelled during the rollout"]);
  expect(did).toEqual(["upgrade web"]);
  expect(outcome.outputs).toMatchObject({ "failure-reason": "cancelled" });
  expect(state().records[0]).toMatchObject({ status: "bad", cutShort: true });
});

test("one GitHub Deployment is made, and fails with the attempt", async () => {
  const environment = { environment: "staging" };
  expect((await deploy({ ...served, asked: true }, environment)).statuses).toEqual([
    "created for staging",
    "7 in_progress",
  ]);
  expect((await deploy({ ...served, asked: true, behaviour: "crash" }, environment)).statuses).toEqual([
    "created for staging",
    "7 in_progress",
    "7 failure",
  ]);
});

test("a repeated step of the same attempt finds its GitHub Deployment again", async () => {
  const { statuses } = await deploy({ ...served, asked: true, runId: "6006" }, { environment: "staging" });
  expect(statuses).toEqual(["6 in_progress"]);
});

const finishing = { phase: "finish" };
const open = (change: Partial<DeployRecord> = {}): ReleaseState => ({
  ...emptyState,
  records: addRecord(servedState.records, {
    ...recordOf("new", { digest: `sha256:${"b".repeat(64)}`, status: "deploying", revision: 2 }),
    deploymentId: 7,
    ...change,
  }),
});
const upgraded = {
  web: [
    { revision: 1, status: "superseded" },
    { revision: 2, status: "deployed" },
  ],
};

test("finish closes the record as good and retires earlier GitHub Deployments", async () => {
  const { kind, record, statuses } = await deploy(
    { state: open(), helm: upgraded, asked: true },
    { ...finishing, environment: "staging" },
  );
  expect(kind).toBe("pass");
  expect(record).toMatchObject({ id: "new", status: "good", revision: 2 });
  expect(statuses).toEqual(["7 success", "6 inactive", "4 inactive"]);
});

test("finish refuses when another revision serves by now, and when nothing is open", async () => {
  const moved = {
    web: [
      ...upgraded.web.slice(0, 1),
      { revision: 2, status: "superseded" },
      { revision: 3, status: "deployed" },
    ],
  };
  expect((await deploy({ state: open(), helm: moved }, finishing)).reasons[0]).toBe(
    "The record is about revision 2, but web is at revision 3, deployed",
  );
  expect((await deploy({ ...served }, finishing)).reasons[0]).toContain("there is nothing to finish");
});

test("finish done twice changes nothing", async () => {
  const { kind, state } = await deploy(
    { state: open({ status: "good", finishedAt: "then" }), helm: upgraded },
    finishing,
  );
  expect(kind).toBe("pass");
  expect(state().records[0]?.finishedAt).toBe("then");
});
