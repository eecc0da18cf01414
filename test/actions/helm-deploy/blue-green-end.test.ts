import { expect, test } from "vitest";
import { PairCluster } from "./blue-green-cluster.ts";
import { blueServed, blueServes, bothUp, greenServes, pairPhase, tryingGreen } from "./blue-green-session.ts";
import { recordOf, rolloutOf } from "./states.ts";

test("abort before the switch removes the new colour and nothing else", async () => {
  const { kind, did, state } = await pairPhase("abort", { cluster: bothUp(), state: tryingGreen() });
  expect(kind).toBe("pass");
  expect(did).toEqual(["uninstall web-green"]);
  expect(state.records[0]).toMatchObject({ status: "bad", untouched: true });
  expect(state.rollout).toBeUndefined();
});

test("abort after the switch sends traffic back first", async () => {
  const { kind, did, cluster, state } = await pairPhase("abort", {
    cluster: greenServes(),
    state: tryingGreen({ phase: "watching", weight: 100 }),
  });
  expect(kind).toBe("pass");
  expect(did).toEqual(["web → web-blue", "uninstall web-green"]);
  expect(cluster.serves()).toBe("web-blue");
  expect(state.records[0]?.untouched).toBeUndefined();
});

test("abort done again changes nothing, and removes what somebody kept", async () => {
  const kept = { ...blueServed, records: [recordOf("green", { helmRelease: "web-green", status: "bad" })] };
  expect((await pairPhase("abort", { cluster: bothUp(), state: kept })).did).toEqual(["uninstall web-green"]);
  expect((await pairPhase("abort", { cluster: blueServes(), state: blueServed })).did).toEqual([]);
});

test("abort takes nothing away from the first version, nor from a proven one", async () => {
  const cluster = new PairCluster().stand("web-blue", "b").front("web-blue");
  const { stableRelease: _none, ...rollout } = rolloutOf({
    strategy: "blue-green",
    phase: "verifying",
    weight: 100,
    candidateRelease: "web-blue",
  });
  const first = await pairPhase("abort", { cluster, state: { ...blueServed, rollout } });
  expect(first).toMatchObject({ kind: "fail", did: [] });
  expect(first.reasons[0]).toContain("is the first version and serves");
  const proven = tryingGreen({ phase: "verifying", weight: 100 }, { status: "good" });
  expect(await pairPhase("abort", { cluster: greenServes(), state: proven })).toMatchObject({
    kind: "fail",
    did: [],
  });
});

const finishing = { evidence: "nowhere/*.json" };

test("finish proves the version, then removes the old colour once everybody knows of the switch", async () => {
  const switchedAt = new Date(1_000_000 - 10_000).toISOString();
  const { kind, did, state, seconds } = await pairPhase("finish", {
    cluster: greenServes(),
    state: tryingGreen({ phase: "verifying", weight: 100, switchedAt }),
    inputs: finishing,
  });
  expect(kind).toBe("pass");
  expect(did).toEqual(["uninstall web-blue"]);
  expect(seconds).toBe(20);
  expect(state.records[0]).toMatchObject({ status: "good", helmRelease: "web-green", revision: 1 });
  expect(state.rollout).toBeUndefined();
});

test("finish done again ends what a killed one began", async () => {
  const half = tryingGreen({ phase: "verifying", weight: 100 }, { status: "good" });
  const { kind, did, state } = await pairPhase("finish", {
    cluster: greenServes(),
    state: half,
    inputs: finishing,
  });
  expect(kind).toBe("pass");
  expect(did).toEqual(["uninstall web-blue"]);
  const again = await pairPhase("finish", { cluster: greenServes(), state, inputs: finishing });
  expect(again).toMatchObject({ kind: "pass", did: [] });
});

test.each([
  {
    name: "a watch that was cut short",
    rollout: { phase: "watching" },
    says: "was cut short: run phase promote again",
  },
  {
    name: "a colour without traffic",
    rollout: { phase: "candidate" },
    says: "does not serve yet (phase candidate)",
  },
] as const)("finish refuses $name", async ({ rollout, says }) => {
  const { kind, did, reasons } = await pairPhase("finish", {
    cluster: greenServes(),
    state: tryingGreen(rollout),
    inputs: finishing,
  });
  expect(kind).toBe("fail");
  expect(reasons[0]).toContain(says);
  expect(did).toEqual([]);
});

test("finish refuses a version that somebody has switched away from", async () => {
  const { kind, reasons } = await pairPhase("finish", {
    cluster: bothUp(),
    state: tryingGreen({ phase: "verifying" }),
    inputs: finishing,
  });
  expect(kind).toBe("fail");
  expect(reasons[0]).toContain("web-green does not get the traffic any more");
});
