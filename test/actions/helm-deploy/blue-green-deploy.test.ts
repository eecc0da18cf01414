import { expect, test } from "vitest";
import { PairCluster } from "./blue-green-cluster.ts";
import { blueServed, blueServes, greenServes, pairPhase, tryingGreen } from "./blue-green-session.ts";
import { rolloutOf } from "./states.ts";

test("the first deploy makes blue and its front, and has nothing to compare", async () => {
  const { kind, did, outputs, outcome, cluster, state } = await pairPhase("deploy");
  expect(kind).toBe("pass");
  expect(did).toEqual(["install web-blue", "create Service web"]);
  expect(cluster.serves()).toBe("web-blue");
  expect(outputs).toMatchObject({ revision: "1", "candidate-release": "" });
  expect(outcome.details?.note).toBe("first deploy: nothing to compare");
  expect(state.records[0]).toMatchObject({ helmRelease: "web-blue", revision: 1, status: "deploying" });
  expect(state.rollout).toMatchObject({ phase: "verifying", weight: 100, candidateRelease: "web-blue" });
  expect(state.rollout?.stableRelease).toBeUndefined();
});

test("deploy installs the idle colour, brings it to the live count and does not touch the front", async () => {
  const { kind, did, outputs, cluster, state } = await pairPhase("deploy", {
    cluster: blueServes(),
    state: blueServed,
  });
  expect(kind).toBe("pass");
  expect(did).toEqual(["install web-green", "scale web-green 3"]);
  expect(cluster.serves()).toBe("web-blue");
  expect(outputs).toMatchObject({ "candidate-release": "web-green", revision: "1" });
  expect(state.rollout).toMatchObject({ phase: "candidate", weight: 0, stableRelease: "web-blue" });
  expect(state.records[0]).toMatchObject({ helmRelease: "web-green", previousRecord: "old" });
});

test("which colour is idle is what the front says, not what was written down", async () => {
  const cluster = greenServes();
  const { did } = await pairPhase("deploy", { cluster, state: blueServed });
  expect(did.slice(0, 2)).toEqual(["uninstall web-blue", "install web-blue"]);
});

test("a colour that an aborted run left is replaced, its history kept", async () => {
  const cluster = blueServes().stand("web-green", "x", { status: "pending-install" });
  const { kind, did } = await pairPhase("deploy", { cluster, state: tryingGreen({ phase: "deploying" }) });
  expect(kind).toBe("pass");
  expect(did).toEqual(["uninstall web-green", "install web-green", "scale web-green 3"]);
});

test("a new colour that crashes never gets traffic and is removed", async () => {
  const cluster = blueServes();
  cluster.behaviour = "crash";
  const { kind, did, reasons, outputs, state } = await pairPhase("deploy", { cluster, state: blueServed });
  expect(kind).toBe("fail");
  expect(did).toEqual(["install web-green", "uninstall web-green"]);
  expect(reasons[0]).toMatch(
    /^Validation of web-green failed before the switch: .*CrashLoopBackOff|exit code 1/,
  );
  expect(outputs).toMatchObject({ "failure-reason": "validation", "candidate-release": "" });
  expect(state.records[0]).toMatchObject({ status: "bad", untouched: true });
  expect(state.rollout).toBeUndefined();
});

const extra = (object: object) => {
  const cluster = blueServes();
  cluster.extra = [object];
  return cluster;
};

test.each([
  {
    name: "two colours that share an object",
    world: { cluster: extra({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "shared" } }) },
    says: "ConfigMap shared has the same name in web-blue and web-green",
  },
  {
    name: "a chart that renders the front",
    world: { cluster: extra({ apiVersion: "v1", kind: "Service", metadata: { name: "web" } }) },
    says: "Service web has the same name in",
  },
  {
    name: "a release that runs without colours",
    world: { cluster: new PairCluster().stand("web", "a") },
    says: "Release web runs without colours",
  },
  {
    name: "a colour that nobody knows",
    world: { cluster: blueServes().stand("web-green", "x") },
    says: "Release web-green is there and no record of ours knows it",
  },
  {
    name: "a rollout of another run that is at work",
    world: {
      state: tryingGreen({ run: { repository: "acme/web", id: "7", attempt: 1, job: "deploy" } }),
      isOver: false,
    },
    says: "is being deployed: run 7, attempt 1 is still at work on it",
  },
  {
    name: "a canary in flight",
    world: { state: { ...blueServed, rollout: rolloutOf() } },
    says: "A canary deploy of",
  },
])("deploy refuses $name and changes nothing", async ({ world, says }) => {
  const { kind, did, reasons, outputs } = await pairPhase("deploy", {
    cluster: blueServes(),
    state: blueServed,
    ...world,
  });
  expect(kind).toBe("fail");
  expect(reasons[0]).toContain(says);
  expect(did).toEqual([]);
  expect(outputs["failure-reason"]).toBe("refused");
});

test("a front that selects neither colour is refused: nobody knows which one is idle", async () => {
  const cluster = blueServes().stand("web-green", "a");
  cluster.front("elsewhere");
  await expect(pairPhase("deploy", { cluster, state: blueServed })).rejects.toThrow(
    "Service web selects instance=elsewhere",
  );
  expect(cluster.did).toEqual([]);
});

const leftBy = { run: { repository: "acme/web", id: "7", attempt: 1, job: "deploy" } };

test("a switch that a lost run never judged is taken back before the next version is installed", async () => {
  const { kind, did, cluster, state } = await pairPhase("deploy", {
    cluster: greenServes(),
    state: tryingGreen({ phase: "watching", weight: 100, ...leftBy }, leftBy),
    isOver: true,
  });
  expect(kind).toBe("pass");
  expect(did).toEqual(["web → web-blue", "uninstall web-green", "install web-green", "scale web-green 3"]);
  expect(cluster.serves()).toBe("web-blue");
  expect(state.records.map(({ id, status }) => `${id === "green" ? "left" : "new"} ${status}`)).toContain(
    "left bad",
  );
});

test("a proven colour whose predecessor was half removed stays, and the next version takes the other", async () => {
  const { kind, did, cluster } = await pairPhase("deploy", {
    cluster: greenServes(),
    state: tryingGreen({ phase: "verifying", weight: 100, ...leftBy }, { status: "good", ...leftBy }),
    isOver: true,
  });
  expect(kind).toBe("pass");
  expect(did).toEqual(["uninstall web-blue", "install web-blue", "scale web-blue 3"]);
  expect(cluster.serves()).toBe("web-green");
});

const firstRollout = (phase: "deploying" | "promoting") => {
  const { stableRelease: _none, ...rollout } = rolloutOf({
    strategy: "blue-green",
    phase,
    candidateRelease: "web-blue",
    ...leftBy,
  });
  return { ...blueServed, records: [], rollout };
};

test("a first deploy that was lost before its front is begun anew", async () => {
  const cluster = new PairCluster().stand("web-blue", "x");
  const { did } = await pairPhase("deploy", { cluster, state: firstRollout("deploying"), isOver: true });
  expect(did).toEqual(["uninstall web-blue", "install web-blue", "create Service web"]);
});

test("a first deploy that was lost after its front serves: the next version takes the other colour", async () => {
  const cluster = new PairCluster().stand("web-blue", "x").front("web-blue");
  const { did, cluster: after } = await pairPhase("deploy", {
    cluster,
    state: firstRollout("promoting"),
    isOver: true,
  });
  expect(did).toEqual(["install web-green"]);
  expect(after.serves()).toBe("web-blue");
});

test("deploy done again by the same run changes nothing, before the switch and at the first deploy", async () => {
  const first = await pairPhase("deploy");
  expect(first.kind).toBe("pass");
  const again = await pairPhase("deploy", { cluster: first.cluster, state: first.state });
  expect(again.did).toEqual(["install web-blue", "create Service web"]);
  expect(again.outputs).toMatchObject({ "candidate-release": "", revision: "1", changed: "false" });
  const tried = await pairPhase("deploy", { cluster: blueServes(), state: blueServed });
  const { did, outputs } = await pairPhase("deploy", { cluster: tried.cluster, state: tried.state });
  expect(did).toEqual(["install web-green", "scale web-green 3"]);
  expect(outputs).toMatchObject({ "candidate-release": "web-green", revision: "1", changed: "false" });
  const forced = await pairPhase("deploy", {
    cluster: tried.cluster,
    state: tried.state,
    inputs: { force: "true" },
  });
  expect(forced.did.slice(2)).toEqual(["uninstall web-green", "install web-green", "scale web-green 3"]);
});
