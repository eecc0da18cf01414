import { expect, test } from "vitest";
import { record, rollout, run, stateOf } from "../../domain/rollback/records.ts";
import type { FakeWorld } from "./fake-parts.ts";
import { automatic, canary, canaryOpen, play, promoted, recover, rolled, traffic } from "./play.ts";

test("rollback takes a canary's traffic first, proves it, and then removes the candidate", async () => {
  const { did, kind, state, deployments, result } = await play(automatic, canary);
  expect(kind).toBe("pass");
  expect(did).toEqual(["state", "weight 0", "confirm 0", "uninstall web-candidate", "state"]);
  expect(state().rollout).toBeUndefined();
  expect(state().records[0]).toMatchObject({ strategy: "rollback", status: "good", revision: 1 });
  expect(state().records[1]).toMatchObject({ id: "record-9", status: "rolled-back" });
  expect(deployments).toEqual(["9 failure"]);
  expect(result.outputs).toMatchObject({
    strategy: "canary",
    "from-revision": "1",
    "to-revision": "1",
    record: "100-1-deploy-rollback-1",
  });
});

test("rollback returns a half-done promotion to the good revision, after traffic and before the candidate goes", async () => {
  const { did, kind, state, result } = await play(automatic, {
    state: promoted,
    helm: "1 superseded, 2 failed",
    weight: 95,
  });
  expect(kind).toBe("pass");
  expect(did).toEqual([
    "state",
    "weight 0",
    "confirm 0",
    "helm rollback 1",
    "uninstall web-candidate",
    "state",
  ]);
  expect(state().records[0]).toMatchObject({
    strategy: "rollback",
    status: "good",
    revision: 3,
    previousRevision: 2,
  });
  expect(result.outputs).toMatchObject({ "from-revision": "2", "to-revision": "3" });
});

test("rollback leaves traffic with the candidate until the stable release is back, where none of it is ready", async () => {
  const { did } = await play(automatic, {
    state: promoted,
    helm: "1 superseded, 2 failed",
    weight: 95,
    ready: ["web-candidate"],
  });
  expect(did).toEqual([
    "state",
    "helm rollback 1",
    "weight 0",
    "confirm 0",
    "uninstall web-candidate",
    "state",
  ]);
});

test("rollback of a rolling deploy marks both deployments", async () => {
  const { did, deployments, state } = await play(automatic, {
    state: rolled,
    helm: "1 superseded, 2 deployed",
    isOver: true,
  });
  expect(did).toEqual(["state", "helm rollback 1", "state"]);
  expect(deployments).toEqual(["9 failure", "1 success"]);
  expect(state().records.map(({ id, status }) => [id, status])).toEqual([
    ["100-1-deploy-rollback-2", "good"],
    ["record-9", "rolled-back"],
    ["record-1", "good"],
  ]);
});

test.each<{ name: string; inputs: Record<string, string>; world: FakeWorld }>([
  {
    name: "a run that changed nothing",
    inputs: automatic,
    world: { state: stateOf([record(1)]), helm: "1 deployed" },
  },
  {
    name: "a rollout of another run, when automatic",
    inputs: automatic,
    world: { state: stateOf([record(1)], rollout({ run: { ...run, id: "77" } })), helm: "1 deployed" },
  },
  {
    name: "no rollout, in recovery",
    inputs: recover,
    world: { state: stateOf([record(1)]), helm: "1 deployed" },
  },
  { name: "a rollout that is alive, in recovery", inputs: recover, world: { ...canary, isOver: false } },
  { name: "a dry run", inputs: { ...automatic, "dry-run": "true" }, world: canary },
])("rollback passes and touches nothing for $name", async ({ inputs, world }) => {
  const { did, kind, result } = await play(inputs, world, {
    runId: inputs.automatic === undefined ? "200" : "100",
  });
  expect(kind).toBe("pass");
  expect(did).toEqual([]);
  expect(result.summary).not.toBe("");
});

test.each<{ name: string; isOver: FakeWorld["isOver"] }>([
  { name: "GitHub is out", isOver: "outage" },
  { name: "nobody can be asked", isOver: undefined as never },
])("recover leaves a rollout alone and says so when $name", async ({ isOver }) => {
  const { isOver: _known, ...unknown } = canary;
  const world = isOver === undefined ? unknown : { ...canary, isOver };
  const { did, kind, reasons } = await play(recover, world, { runId: "200" });
  expect(kind).toBe("inconclusive");
  expect(did).toEqual([]);
  expect(reasons[0]).toContain("GitHub does not say whether run 100, attempt 1 has ended");
});

test("recover brings home a rollout whose run has ended, and compares the weights", async () => {
  const { did, kind, state, result } = await play(recover, { ...canary, weight: 25 }, { runId: "200" });
  expect(kind).toBe("pass");
  expect(did).toContain("weight 0");
  expect(state().rollout).toBeUndefined();
  expect(result.details.notes).toContain("The candidate was meant to get 15 % and got 25 %");
});

test.each<{ name: string; helm: string; runId: string }>([
  { name: "of its own run", helm: "1 superseded, 2 deployed", runId: "100" },
  { name: "that is locked", helm: "1 deployed, 2 pending-upgrade", runId: "200" },
  { name: "that failed", helm: "1 deployed, 2 failed", runId: "200" },
])("recover undoes a rolling deploy $name", async ({ helm, runId }) => {
  const { did, kind } = await play(recover, { state: rolled, helm, isOver: true }, { runId, job: "recover" });
  expect(kind).toBe("pass");
  expect(did).toContain("helm rollback 1");
});

test.each([
  { name: "cancelled before it could return", change: { cutShort: true }, isOver: true, returns: true },
  { name: "cancelled, of a run that goes on", change: { cutShort: true }, isOver: false, returns: false },
  { name: "kept as it failed", change: {}, isOver: true, returns: false },
] as const)("recover meets a failed deploy: $name", async ({ change, isOver, returns }) => {
  const failed = record(9, { status: "bad", revision: 2, previousRevision: 1, ...change });
  const world = { state: stateOf([failed, record(1)]), helm: "1 superseded, 2 failed", isOver };
  const { did, kind, state } = await play(recover, world, { runId: "200", job: "recover" });
  expect(kind).toBe("pass");
  expect(did.includes("helm rollback 1")).toBe(returns);
  if (!returns) return;
  // Once is enough.
  const again = await play(
    recover,
    { ...world, state: state(), helm: "2 failed, 3 deployed" },
    { runId: "201" },
  );
  expect(again.did).not.toContain("helm rollback 1");
});

test("recover leaves no ramp that could be gone on with, even where it does not come to its end", async () => {
  const kept = rollout({ phase: "ramping", weight: 15, ramp: { format: 1 } });
  const world = { ...canary, state: stateOf([canaryOpen, record(1)], kept) };
  const cut = await play(recover, { ...world, confirmed: "refuted" });
  expect(cut.kind).not.toBe("pass");
  expect(cut.state().rollout).toMatchObject({ phase: "aborting", weight: 0 });
  expect(cut.state().rollout).not.toHaveProperty("ramp");
  expect((await play(recover, world)).state().rollout).toBeUndefined();
});

test("recover takes the route from the rollout when the input is empty", async () => {
  const state = stateOf([canaryOpen, record(1)], rollout({ traffic }));
  const { kind, did } = await play({ ...recover, traffic: "" }, { ...canary, state }, { runId: "200" });
  expect(kind).toBe("pass");
  expect(did).toContain("confirm 0");
});
