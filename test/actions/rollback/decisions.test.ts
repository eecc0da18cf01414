import { expect, test } from "vitest";
import { readInputs } from "../../../src/actions/rollback/inputs.ts";
import { liftHold } from "../../../src/actions/rollback/lift-hold.ts";
import { recoverAll } from "../../../src/actions/rollback/recover-all.ts";
import { pass } from "../../../src/core/verdict.ts";
import type { ActionContext, ActionResult } from "../../../src/platform/action.ts";
import type { Cluster } from "../../../src/platform/cluster-access.ts";
import { digestNumber, record, run, stateOf } from "../../domain/rollback/records.ts";
import { fakeRunner } from "../../fakes/fake-runner.ts";
import { type FakeWorld, fakeParts } from "./fake-parts.ts";
import { automatic, canary, given, play, recover } from "./play.ts";

const good: FakeWorld = { state: stateOf([record(2), record(1)]), helm: "1 superseded, 2 deployed" };

test("a person's rollback holds what is left, opens its record first and closes it with times and proofs", async () => {
  const { did, kind, state, checks } = await play({}, good);
  expect(kind).toBe("pass");
  expect(did).toEqual(["state", "helm rollback 1", "state"]);
  const { records, holds } = state();
  expect(holds).toMatchObject([
    { digest: digestNumber(2), reason: "errors after the deploy", actor: "octocat" },
  ]);
  expect(records[0]).toMatchObject({
    strategy: "rollback",
    status: "good",
    rollbackOf: "record-2",
    rollbackTo: "record-1",
    rollbackSeconds: 0,
  });
  expect(records[0]?.verifiedBy).toHaveLength(Object.keys(checks).length);
  expect(records[1]).toMatchObject({ id: "record-2", status: "rolled-back" });
});

test("an automatic rollback of a failed deploy holds nothing", async () => {
  const failed = record(9, { status: "bad", revision: 2, previousRevision: 1 });
  const world = { ...good, state: stateOf([failed, record(1)]) };
  const { kind, state } = await play(automatic, world);
  expect(kind).toBe("pass");
  expect(state().holds).toEqual([]);
});

const recreating = (revision: number) =>
  JSON.stringify({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: {
      strategy: { type: "Recreate" },
      template: {
        spec: {
          containers: [
            { name: "web", image: `registry.example/web:1.${revision}.0@${digestNumber(revision)}` },
          ],
        },
      },
    },
  });

test.each<{ name: string; inputs?: Record<string, string>; world: FakeWorld; says: string }>([
  {
    name: "a lower schema level",
    world: { ...good, state: stateOf([record(2, { schemaLevel: 2 }), record(1)]) },
    says: "ignore-schema-level takes it all the same",
  },
  {
    name: "downtime nobody has allowed",
    world: { ...good, manifest: recreating },
    says: "Deployment web stops before it starts again: allow-downtime takes it all the same",
  },
  {
    name: "an image that is gone",
    world: { ...good, image: "gone" },
    says: "is not in its registry any more",
  },
  {
    name: "a record that Helm contradicts",
    world: { ...good, state: stateOf([record(2), record(1, { manifestDigest: "sha256:other" })]) },
    says: "says its manifest is sha256:other, Helm has sha256:",
  },
  {
    name: "a kind that is not served",
    world: { ...good, manifest: (n) => recreating(n).replace("apps/v1", "apps/v1beta1") },
    says: "the cluster does not serve Deployment of apps/v1beta1 any more (Deployment web)",
  },
  {
    name: "a release in other hands",
    world: { ...good, leaseHeld: "Release web is in the hands of rollback" },
    says: "Release web is in the hands of rollback",
  },
])("a person's rollback refuses $name and touches nothing", async ({ inputs = {}, world, says }) => {
  const { did, kind, reasons } = await play(inputs, world);
  expect(kind).toBe("fail");
  expect(reasons.join("; ")).toContain(says);
  expect(did).toEqual([]);
});

test.each<{ name: string; inputs: Record<string, string>; world: FakeWorld }>([
  {
    name: "ignore-schema-level",
    inputs: { "ignore-schema-level": "true" },
    world: { ...good, state: stateOf([record(2, { schemaLevel: 2 }), record(1)]) },
  },
  {
    name: "allow-downtime",
    inputs: { "allow-downtime": "true" },
    world: { ...good, manifest: recreating },
  },
  {
    name: "allow-unverified",
    inputs: { "allow-unverified": "true" },
    world: { ...good, state: stateOf([record(2), record(1, { manifestDigest: "sha256:other" })]) },
  },
  { name: "severity P0 over a missing image", inputs: { severity: "P0" }, world: { ...good, image: "gone" } },
])("a person's rollback goes on with $name", async ({ inputs, world }) => {
  const { did, kind, reasons } = await play(inputs, world);
  expect([kind, ...reasons]).toEqual(["pass"]);
  expect(did).toContain("helm rollback 1");
});

test("recover leaves a release alone that somebody holds", async () => {
  const { did, kind } = await play(recover, { ...canary, leaseHeld: "in other hands" }, { runId: "200" });
  expect(kind).toBe("pass");
  expect(did).toEqual([]);
});

const firstInstall: FakeWorld = {
  state: stateOf([record(1, { status: "bad" })]),
  helm: "1 failed",
};

test("a first install that failed is kept, and said to have nothing before it", async () => {
  const { did, kind, reasons } = await play(automatic, firstInstall);
  expect(kind).toBe("fail");
  expect(reasons[0]).toContain("there is nothing to return to, and it is left as it is");
  expect(did).not.toContain("uninstall web");
});

test("a first install that failed is removed where that is asked for", async () => {
  const { did, kind } = await play({ ...automatic, "first-install": "uninstall" }, firstInstall);
  expect(kind).toBe("pass");
  expect(did).toContain("uninstall web");
});

const open = record(5, {
  id: "100-1-deploy-rollback-2",
  strategy: "rollback",
  status: "deploying",
  rollbackOf: "record-2",
  rollbackTo: "record-1",
});
const { revision: _none, ...begun } = open;

test.each([
  { name: "was cut short under Helm's lock", helm: "1 superseded, 2 deployed, 3 pending-rollback" },
  { name: "never came to Helm", helm: "1 superseded, 2 deployed" },
])("recover carries a rollback on that $name", async ({ helm }) => {
  const world = { state: stateOf([begun, record(2), record(1)]), helm, isOver: true };
  const { did, kind, state } = await play(recover, world, { runId: "200" });
  expect(kind).toBe("pass");
  expect(did).toContain("helm rollback 1");
  const { records } = state();
  expect(records.map(({ id, status }) => [id, status])).toEqual([
    [expect.stringMatching(/^200-/), "good"],
    ["100-1-deploy-rollback-2", "bad"],
    ["record-2", "rolled-back"],
    ["record-1", "good"],
  ]);
});

test("a person's rollback goes on past one that was cut short, to what is good and not on hold", async () => {
  const state = {
    ...stateOf([begun, record(2), record(1)]),
    holds: [{ digest: digestNumber(2), reason: "", actor: "", since: "", url: "" }],
  };
  const helm = "1 superseded, 2 deployed, 3 pending-rollback";
  const { did, kind } = await play({}, { state, helm, isOver: true }, { runId: "200" });
  expect(kind).toBe("pass");
  expect(did).toContain("helm rollback 1");
});

async function lift(to: string, state: FakeWorld["state"]) {
  const inputs = await readInputs(fakeRunner("rollback", { ...given, mode: "lift-hold", to }));
  const fake = fakeParts({ state, helm: "" });
  const runner = fakeRunner("rollback", given);
  const context = { runner, run: { ...run, actor: "hubot" } } as unknown as ActionContext;
  return { result: await liftHold(inputs, context, fake.parts), state: fake.state() };
}

const hold = { digest: digestNumber(2), reason: "errors", actor: "octocat", since: "then", url: "" };

test("lift-hold frees a digest and says who held it", async () => {
  const { result, state } = await lift(digestNumber(2), { ...stateOf([record(2)]), holds: [hold] });
  expect(result.verdict.kind).toBe("pass");
  expect(result.details.sentence).toContain("placed then by octocat: errors");
  expect(state.holds).toEqual([]);
  expect(state.records[0]?.reason).toBe("hold lifted by hubot: errors after the deploy");
});

test("lift-hold fails for a digest that nobody holds, and passes for all of none", async () => {
  expect((await lift(digestNumber(3), stateOf([]))).result.verdict.kind).toBe("fail");
  expect((await lift("all", stateOf([]))).result.verdict.kind).toBe("pass");
});

test("lift-hold wants a digest or all", async () => {
  await expect(lift("last-good", stateOf([]))).rejects.toThrow(
    'Input "to" must be a digest or all to lift a hold: got "last-good"',
  );
});

test("recoverAll() looks at every release that has records, whatever became of the one before", async () => {
  const labelled = (release: string) => ({ metadata: { labels: { "sluice/release": release } } });
  const cluster = {
    namespace: "shop",
    kubectl: { list: async () => ["api", "web"].map(labelled) },
  } as unknown as Cluster;
  const { OutsideError } = await import("../../../src/core/errors.ts");
  const looked: string[] = [];
  const result = await recoverAll(cluster, async (release): Promise<ActionResult> => {
    looked.push(release);
    if (release === "api") throw new OutsideError("no answer");
    return { verdict: pass, subject: {}, details: {}, outputs: { strategy: "canary" }, summary: "home" };
  });
  expect(looked).toEqual(["api", "web"]);
  expect(result.verdict).toMatchObject({ kind: "inconclusive", missing: ["api: no answer"] });
  expect(result.outputs.strategy).toBe("canary");
});
