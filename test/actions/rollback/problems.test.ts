import { expect, test } from "vitest";
import { readInputs } from "../../../src/actions/rollback/inputs.ts";
import { rollback } from "../../../src/actions/rollback/run.ts";
import { reasonsOf } from "../../../src/core/verdict.ts";
import type { ActionContext } from "../../../src/platform/action.ts";
import { record, run, stateOf } from "../../domain/rollback/records.ts";
import { fakeRunner } from "../../fakes/fake-runner.ts";
import { type FakeWorld, fakeParts } from "./fake-parts.ts";
import { automatic, canary, given, play, rolled } from "./play.ts";

test("rollback keeps the candidate and the rollout while traffic is not proven to be home", async () => {
  const { did, kind, reasons, state } = await play(automatic, { ...canary, confirmed: "refuted" });
  expect(kind).toBe("fail");
  expect(reasons).toEqual(["Traffic is not proven to be home: weight 0 refuted"]);
  expect(did).not.toContain("uninstall web-candidate");
  expect(state().rollout).toMatchObject({ phase: "aborting", weight: 0 });
});

test("rollback keeps a candidate that somebody gave traffic again", async () => {
  const { did, reasons } = await play(automatic, { ...canary, raisedAgain: 25 });
  expect(reasons).toEqual(["Release web-candidate was not removed: it gets 25 % of the traffic again"]);
  expect(did).not.toContain("uninstall web-candidate");
});

test("rollback keeps the candidate of a canary whose route nobody knows", async () => {
  const { did, reasons } = await play({ ...automatic, traffic: "" }, canary);
  expect(reasons).toEqual(['Input "traffic" is required: a canary is in flight and its route is not known']);
  expect(did).toEqual(["state", "state"]);
});

test("rollback does not begin a return whose image is gone", async () => {
  const { did, kind, reasons } = await play(automatic, {
    state: rolled,
    helm: "1 superseded, 2 deployed",
    image: "gone",
  });
  expect(kind).toBe("fail");
  expect(reasons[0]).toMatch(
    /^Cannot roll back: image registry.example\/web.* is not in its registry any more$/,
  );
  expect(did).toEqual(["state"]);
});

test("rollback that may not begin leaves the good record of what serves as it is", async () => {
  const state = stateOf([record(2), record(1)]);
  const played = await play({}, { state, helm: "1 superseded, 2 deployed", image: "gone" });
  expect(played.kind).toBe("fail");
  expect(played.state().records).toEqual(state.records);
});

test("rollback goes on without a registry that gives no answer, and says so", async () => {
  const { kind, checks } = await play(automatic, {
    state: rolled,
    helm: "1 superseded, 2 deployed",
    image: "unreachable",
  });
  expect(kind).toBe("pass");
  expect(checks.images).toContain("0 of 1 images are in their registry; not looked up: the registry gave no");
});

test("rollback fails when Helm does, and leaves the attempt for the next one", async () => {
  const { kind, reasons, state, deployments } = await play(automatic, {
    state: rolled,
    helm: "1 superseded, 2 deployed",
    helmFails: true,
    isOver: true,
  });
  expect(kind).toBe("fail");
  expect(reasons).toEqual(["helm rollback exited with 1: Error: timed out waiting"]);
  expect(state().records[0]).toMatchObject({ strategy: "rollback", status: "deploying" });
  expect(state().records[1]).toMatchObject({ id: "record-9", status: "bad" });
  expect(deployments).toEqual([]);
});

test("rollback fails when pods do not run the digest of the revision", async () => {
  const runs = `sha256:${"f".repeat(64)}`;
  const { kind, reasons } = await play(automatic, { state: rolled, helm: "1 superseded, 2 deployed", runs });
  expect(kind).toBe("fail");
  expect(reasons[0]).toContain(
    `What was returned to is not seen running: Deployment web: pod web-1: web runs ${runs}`,
  );
});

test("rollback without verification calls the revision observed, not good", async () => {
  const { state } = await play(
    { ...automatic, verify: "false" },
    { state: rolled, helm: "1 superseded, 2 deployed" },
  );
  expect(state().records[0]).toMatchObject({ strategy: "rollback", status: "observed" });
});

test("a cancelled rollback makes traffic safe and leaves the rest to recovery", async () => {
  const controller = new AbortController();
  controller.abort();
  const { did, kind, reasons, state } = await play(automatic, canary, { cancelled: controller.signal });
  expect(did).toEqual(["state", "weight 0", "confirm 0", "state"]);
  expect(kind).toBe("fail");
  expect(reasons).toEqual(["The step was cancelled before: remove the candidate; mode recover does it"]);
  expect(state().rollout).toBeDefined();
});

test("rollback names the step for which there was no time", async () => {
  const world: FakeWorld = { ...canary, at: (what) => what === "confirm 0" && late(400_000) };
  let late: (ms: number) => void = () => undefined;
  const runner = fakeRunner("rollback", { ...given, ...automatic });
  const fake = fakeParts(world);
  late = fake.pass;
  const context = { runner, signal: new AbortController().signal, run: { ...run, runId: "100" } };
  const result = await rollback(await readInputs(runner), context as unknown as ActionContext, fake.parts);
  expect(reasonsOf(result.verdict)[0]).toBe("The time limit of 5 min 0 s was over before: what serves");
});

const locked: FakeWorld = {
  state: stateOf([record(9, { status: "deploying", previousRevision: 1 }), record(1)]),
  helm: "1 deployed, 2 pending-upgrade",
};

test.each<{ name: string; isOver: boolean; inputs?: Record<string, string>; kind: string; says: string }>([
  {
    name: "is refused while its run is alive",
    isOver: false,
    kind: "fail",
    says: "run 100, attempt 1 is still at work on it: cancel it",
  },
  { name: "is taken when its run has ended", isOver: true, kind: "pass", says: "" },
])("rollback under Helm's lock $name", async ({ isOver, kind, says }) => {
  const played = await play({}, { ...locked, isOver }, { runId: "200" });
  expect(played.kind).toBe(kind);
  expect(played.reasons.join()).toContain(says);
  expect(played.did.includes("helm rollback 1")).toBe(kind === "pass");
});

test("a person's rollback takes a canary out of the hands of a run that is alive", async () => {
  const { kind, did, result } = await play({}, { ...canary, isOver: false }, { runId: "200" });
  expect(kind).toBe("pass");
  expect(did).toContain("weight 0");
  expect(result.details.notes).toContain("Taken out of its hands: run 100, attempt 1 is still at work on it");
});

test("GitHub's outage stops no rollback of one's own run", async () => {
  const { kind, result } = await play(automatic, { ...canary, isOver: "outage" });
  expect(kind).toBe("pass");
  expect(result.details.notes).toContain("GitHub Deployment 9 was not marked failure: GitHub gave no answer");
});
