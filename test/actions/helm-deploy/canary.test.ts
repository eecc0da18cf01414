import { expect, test } from "vitest";
import { runPhase } from "../../../src/actions/helm-deploy/run.ts";
import { reasonsOf } from "../../../src/core/verdict.ts";
import type { ReleaseState, RolloutState } from "../../../src/domain/record/state.ts";
import { wholeDigest } from "./fake-objects.ts";
import { type FakeWorld, fakeSession, traffic } from "./fake-session.ts";
import { recordOf, rolloutOf, served, servedState } from "./states.ts";

async function canary(phase: string, world: FakeWorld, inputs: Readonly<Record<string, string>> = {}) {
  const fake = await fakeSession({ strategy: "canary", traffic, phase, ...inputs }, world);
  const outcome = await runPhase(fake.session);
  return { ...fake, outcome, kind: outcome.verdict.kind, reasons: reasonsOf(outcome.verdict) };
}

function trying(rollout: Partial<RolloutState> = {}): ReleaseState {
  const open = recordOf("canary", { status: "deploying", digest: wholeDigest("b"), previousRevision: 1 });
  return { ...servedState, records: [open, ...servedState.records], rollout: rolloutOf(rollout) };
}

const both = { ...served.helm, "web-candidate": [{ revision: 1, status: "deployed" }] };

test("the first deploy has nothing to compare with: it is deployed as stable", async () => {
  const { kind, did, outcome, state } = await canary("deploy", {});
  expect(kind).toBe("pass");
  expect(did).toEqual(["upgrade web"]);
  expect(outcome.outputs?.["candidate-release"]).toBe("");
  expect(outcome.details?.note).toBe("first deploy: nothing to compare");
  expect(state().rollout).toBeUndefined();
});

test("deploy installs the candidate at weight 0 and keeps the rollout in the cluster", async () => {
  const { kind, did, outcome, state } = await canary("deploy", { ...served, weight: 20 });
  expect(kind).toBe("pass");
  expect(did).toEqual(["weight 0", "confirm 0", "upgrade web-candidate"]);
  expect(outcome.outputs).toMatchObject({ "candidate-release": "web-candidate", revision: "1" });
  expect(state().rollout).toMatchObject({
    phase: "candidate",
    weight: 0,
    candidateRelease: "web-candidate",
    run: { id: "100", job: "deploy" },
    traffic: traffic.trim(),
  });
});

test("a candidate that was left is removed first, without traffic", async () => {
  const { did } = await canary("deploy", { ...served, helm: both });
  expect(did).toEqual(["uninstall web-candidate", "upgrade web-candidate"]);
});

test("a newer version begins anew, and what was taken from autoscalers is not forgotten", async () => {
  const pins = [{ autoscaler: "web", scaleDown: "none" }];
  const run = { repository: "acme/web", id: "9", attempt: 1, job: "deploy" };
  const left = trying({ weight: 30, digest: wholeDigest("c"), run, pins });
  const { did, state } = await canary("deploy", { state: left, helm: both, weight: 30, isOver: true });
  expect(did).toEqual(["weight 0", "confirm 0", "uninstall web-candidate", "upgrade web-candidate"]);
  expect(state().rollout).toMatchObject({ phase: "candidate", weight: 0, digest: wholeDigest("b"), pins });
});

test("a promotion that was cut short after Helm's end is taken up there", async () => {
  const { kind, did, state } = await canary("promote", {
    state: trying({ phase: "promoting", weight: 95 }),
    helm: {
      ...both,
      web: [
        { revision: 1, status: "superseded" },
        { revision: 2, status: "deployed" },
      ],
    },
    weight: 95,
    servesLetter: "b",
  });
  expect(kind).toBe("pass");
  expect(did).toEqual(["weight 0", "confirm 0", "uninstall web-candidate"]);
  expect(state().records[0]).toMatchObject({ status: "deploying", revision: 2 });
});

test("a candidate that crashes is removed; the stable release is not touched", async () => {
  const { kind, did, state, outcome } = await canary("deploy", { ...served, behaviour: "crash" });
  expect(kind).toBe("fail");
  expect(did).toEqual(["upgrade web-candidate", "uninstall web-candidate"]);
  expect(state().records[0]).toMatchObject({ status: "bad", untouched: true });
  expect(state().rollout).toBeUndefined();
  expect(outcome.outputs).toMatchObject({ "failure-reason": "crash", "candidate-release": "" });
});

test("two releases that get in each other's way are refused before anything changes", async () => {
  const shared = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "shared" } };
  const { kind, did, reasons } = await canary("deploy", { ...served, extraObjects: [shared] });
  expect(kind).toBe("fail");
  expect(did).toEqual([]);
  expect(reasons[0]).toContain("ConfigMap shared has the same name in the candidate's release");
});

test("promote upgrades while the candidate serves, then takes its share and its pods", async () => {
  const { kind, did, state, outcome } = await canary("promote", {
    state: trying({ weight: 95 }),
    helm: both,
    weight: 95,
  });
  expect(kind).toBe("pass");
  expect(did).toEqual(["upgrade web", "weight 0", "confirm 0", "uninstall web-candidate"]);
  expect(state().rollout).toMatchObject({ phase: "verifying", weight: 0 });
  expect(state().records[0]).toMatchObject({ status: "deploying", revision: 2 });
  expect(outcome.outputs).toMatchObject({ revision: "2", "previous-revision": "1", "candidate-release": "" });
});

test("while weight 0 is not confirmed, the candidate stays", async () => {
  const fake = await fakeSession(
    { strategy: "canary", traffic, phase: "promote" },
    { state: trying(), helm: both, weight: 95, confirmed: "refuted" },
  );
  await expect(runPhase(fake.session)).rejects.toThrow(
    "Weight 0 is set but not confirmed, so the candidate stays: weight 0 refuted",
  );
  expect(fake.did).toEqual(["upgrade web", "weight 0", "confirm 0"]);
});

test("promote done again has only the candidate to remove, then nothing", async () => {
  const world = {
    state: trying({ phase: "verifying" }),
    helm: { ...both, web: [{ revision: 2, status: "deployed" }] },
  };
  expect((await canary("promote", world)).did).toEqual(["uninstall web-candidate"]);
  const records = [recordOf("canary", { digest: wholeDigest("b"), revision: 2 })];
  const done = await canary("promote", {
    state: { records, holds: [] },
    helm: { web: [{ revision: 2, status: "deployed" }] },
  });
  expect(done).toMatchObject({ kind: "pass", did: [] });
});

test("a promotion that fails is rolled back before the candidate loses its share", async () => {
  const { kind, did, state } = await canary("promote", {
    state: trying({ weight: 95 }),
    helm: both,
    weight: 95,
    behaviour: "crash",
  });
  expect(kind).toBe("fail");
  expect(did).toEqual(["upgrade web", "rollback web 1", "weight 0", "confirm 0", "uninstall web-candidate"]);
  expect(state().rollout).toBeUndefined();
});

test("a promotion that fails and cannot be rolled back leaves the candidate its share", async () => {
  const { did } = await canary("promote", {
    state: trying(),
    helm: both,
    weight: 95,
    behaviour: "crash",
    rollbackFails: true,
  });
  expect(did).toEqual(["upgrade web", "rollback web 1"]);
});

test.each([
  {
    name: "another digest",
    state: trying({ digest: wholeDigest("c") }),
    says: "The candidate that is tried is",
  },
  {
    name: "another run's candidate",
    state: trying({ run: { repository: "acme/web", id: "9", attempt: 1, job: "deploy" } }),
    says: "The candidate belongs to run 9",
  },
  { name: "no candidate at all", state: servedState, says: "there is nothing to promote" },
])("promote refuses $name", async ({ state, says }) => {
  const { kind, did, reasons } = await canary("promote", { state, helm: both });
  expect(kind).toBe("fail");
  expect(reasons[0]).toContain(says);
  expect(did).toEqual([]);
});

test("a promotion that was cut short is undone before its version is tried again", async () => {
  const run = { repository: "acme/web", id: "9", attempt: 1, job: "deploy" };
  const world = {
    state: trying({ phase: "promoting", weight: 95, run }),
    helm: {
      ...both,
      web: [
        { revision: 1, status: "deployed" },
        { revision: 2, status: "failed" },
      ],
    },
    weight: 95,
    isOver: true,
  };
  const { kind, did, state } = await canary("deploy", world, { strategy: "canary" });
  expect(kind).toBe("pass");
  expect(did).toEqual([
    "rollback web 1",
    "weight 0",
    "confirm 0",
    "uninstall web-candidate",
    "upgrade web-candidate",
  ]);
  expect(state().rollout).toMatchObject({ phase: "candidate", weight: 0 });
  const stuck = await fakeSession(
    { strategy: "canary", traffic, phase: "deploy" },
    { ...world, rollbackFails: true },
  );
  await expect(runPhase(stuck.session)).rejects.toThrow("run 9 ended in the middle of its promotion, and");
  expect(stuck.did).toEqual(["rollback web 1"]);
});

test.each(["promoting", "verifying"] as const)("abort refuses a candidate that is %s", async (phase) => {
  const { kind, did, state } = await canary("abort", { state: trying({ phase }), helm: both }, { image: "" });
  expect(kind).toBe("fail");
  expect(did).toEqual([]);
  expect(state().records[0]).toMatchObject({ status: "deploying" });
});

test("abort takes the traffic first and may be repeated", async () => {
  const first = await canary(
    "abort",
    { state: trying({ weight: 30 }), helm: both, weight: 30 },
    { image: "" },
  );
  expect(first).toMatchObject({ kind: "pass", did: ["weight 0", "confirm 0", "uninstall web-candidate"] });
  expect(first.state().rollout).toBeUndefined();
  expect(first.state().records[0]).toMatchObject({
    status: "bad",
    untouched: true,
    reason: "the canary was aborted",
  });
  const again = await canary("abort", { state: first.state(), helm: served.helm ?? {} }, { image: "" });
  expect(again.kind).toBe("pass");
  expect(again.state()).toEqual(first.state());
});
