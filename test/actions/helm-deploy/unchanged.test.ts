import { expect, test } from "vitest";
import { runPhase } from "../../../src/actions/helm-deploy/run.ts";
import { changeRecord, type RecordChange } from "../../../src/domain/record/record.ts";
import { type FakeWorld, fakeSession } from "./fake-session.ts";
import { served } from "./states.ts";

/** The world after a deploy of b whose record is as told. */
async function after(change: RecordChange): Promise<FakeWorld> {
  const { session, state } = await fakeSession({}, served);
  await runPhase(session);
  const { records } = state();
  const id = records[0]?.id ?? "";
  return {
    state: { ...state(), records: changeRecord(records, id, change) },
    helm: {
      web: [
        { revision: 1, status: "superseded" },
        { revision: 2, status: "deployed" },
      ],
    },
    live: "b",
    runId: "200",
    isOver: true,
  };
}

async function deploy(world: FakeWorld, inputs: Readonly<Record<string, string>> = {}) {
  const fake = await fakeSession(inputs, world);
  const { verdict, outputs = {} } = await runPhase(fake.session);
  return { ...fake, kind: verdict.kind, outputs };
}

test.each(["good", "observed", "deploying"] as const)(
  "a deploy of what serves already, by a record that is %s, adds no revision",
  async (status) => {
    const world = await after({ status });
    const { kind, did, outputs, state } = await deploy(world);
    expect(kind).toBe("pass");
    expect(did).toEqual([]);
    expect(state()).toEqual(world.state);
    expect(outputs).toMatchObject({
      changed: "false",
      revision: "2",
      record: world.state?.records[0]?.id,
      "candidate-release": "",
    });
  },
);

test.each([
  { name: "force", inputs: { force: "true" } },
  { name: "other values", inputs: { set: "replicas: 9" } },
  { name: "an object that somebody deleted", world: { gone: "Service" } },
  { name: "something else in the cluster", world: { live: "a" } },
  { name: "pods that are not ready", world: { stableIsDown: true } },
  { name: "a record that is bad", change: { status: "bad" } },
] as const)("a deploy goes on with $name", async (given) => {
  const change = "change" in given ? given.change : ({ status: "good" } as const);
  const world = { ...(await after(change)), ...("world" in given ? given.world : {}) };
  const { did, outputs } = await deploy(world, "inputs" in given ? given.inputs : {});
  expect(did).toContain("upgrade web");
  expect(outputs.changed).toBe("true");
});

test("a deploy that is refused has changed nothing", async () => {
  const { kind, outputs } = await deploy({ ...served, dryRunRefuses: "The Deployment is invalid" });
  expect(kind).toBe("fail");
  expect(outputs.changed).toBe("false");
});
