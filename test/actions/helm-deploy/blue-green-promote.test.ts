import { expect, test } from "vitest";
import { crash } from "./blue-green-cluster.ts";
import { blueServed, bothUp, greenServes, pairPhase, tryingGreen } from "./blue-green-session.ts";
import { rolloutOf } from "./states.ts";

test("promote switches by one patch, watches, and leaves both colours up", async () => {
  const { kind, did, cluster, state, seconds, outputs } = await pairPhase("promote", {
    cluster: bothUp(),
    state: tryingGreen(),
  });
  expect(kind).toBe("pass");
  expect(did).toEqual(["web → web-green"]);
  expect(cluster.statuses("web-blue")).toEqual(["deployed"]);
  expect(state.rollout).toMatchObject({ phase: "verifying", weight: 100 });
  expect(outputs).toMatchObject({ revision: "1", "candidate-release": "web-green" });
  expect(seconds).toBeGreaterThanOrEqual(60);
});

test("promote reads the live count again: the autoscaler may have moved", async () => {
  const cluster = bothUp();
  cluster.pods("web-blue", 5);
  expect((await pairPhase("promote", { cluster, state: tryingGreen() })).did).toEqual([
    "scale web-green 5",
    "web → web-green",
  ]);
});

test("a colour that is not ready is not switched to", async () => {
  const cluster = bothUp();
  cluster.pods("web-green", 1);
  const { kind, did, reasons, outputs } = await pairPhase("promote", { cluster, state: tryingGreen() });
  expect(kind).toBe("fail");
  expect(did).toEqual(["uninstall web-green"]);
  expect(reasons[0]).toContain("Validation of web-green failed before the switch: Not ready after");
  expect(outputs["failure-reason"]).toBe("validation");
});

test("a colour that begins to crash in the watch is flipped back from at once", async () => {
  const cluster = bothUp();
  const { kind, did, reasons, outputs, state } = await pairPhase("promote", {
    cluster,
    state: tryingGreen(),
    at: { 10000: () => crash(cluster, "web-green") },
  });
  expect(kind).toBe("fail");
  expect(did).toEqual(["web → web-green", "web → web-blue", "uninstall web-green"]);
  expect(reasons[0]).toContain("Watch of web-green failed after the switch");
  expect(outputs).toMatchObject({ "failure-reason": "watch", "candidate-release": "" });
  expect(cluster.statuses("web-blue")).toEqual(["deployed"]);
  expect(state.records[0]).toMatchObject({ status: "bad" });
  expect(state.records[0]?.untouched).toBeUndefined();
  expect(state.rollout).toBeUndefined();
});

test("pods that go missing in the watch flip it back", async () => {
  const cluster = bothUp();
  const { did, reasons } = await pairPhase("promote", {
    cluster,
    state: tryingGreen(),
    at: { 10000: () => cluster.pods("web-green", 2) },
  });
  expect(did).toEqual(["web → web-green", "web → web-blue", "uninstall web-green"]);
  expect(reasons[0]).toContain("Deployment web-green has 2 of 3 pods ready");
});

test("with on-failure keep the colour that failed stays, without traffic", async () => {
  const cluster = bothUp();
  const { did, state, outputs } = await pairPhase("promote", {
    cluster,
    state: tryingGreen(),
    inputs: { "on-failure": "keep" },
    at: { 10000: () => crash(cluster, "web-green") },
  });
  expect(did).toEqual(["web → web-green", "web → web-blue"]);
  expect(outputs["candidate-release"]).toBe("web-green");
  expect(state.rollout).toMatchObject({ phase: "aborting", weight: 0 });
});

test("while the way back has no ready pod, the colour that fails keeps the traffic and stays", async () => {
  const cluster = bothUp();
  const { kind, did, reasons } = await pairPhase("promote", {
    cluster,
    state: tryingGreen(),
    at: {
      10000: () => {
        cluster.pods("web-blue", 0);
        crash(cluster, "web-green");
      },
    },
  });
  expect(kind).toBe("fail");
  expect(did).toEqual(["web → web-green"]);
  expect(reasons[1]).toContain(
    "Traffic was not sent back: Weight 0 was not set: Service web-blue has no ready endpoint",
  );
});

test("a watch that is cut short leaves both colours up and says so", async () => {
  const stop = new AbortController();
  const { kind, did, outputs, state } = await pairPhase("promote", {
    cluster: bothUp(),
    state: tryingGreen(),
    signal: stop.signal,
    at: { 10000: () => stop.abort() },
  });
  expect(kind).toBe("fail");
  expect(did).toEqual(["web → web-green"]);
  expect(outputs).toMatchObject({ "failure-reason": "cancelled", "candidate-release": "web-green" });
  expect(state.rollout).toMatchObject({ phase: "watching", weight: 100 });
  expect(state.records[0]).toMatchObject({ status: "deploying" });
});

test("promote done again watches for what is left of the time", async () => {
  const switchedAt = new Date(1_000_000 - 50_000).toISOString();
  const { kind, did, seconds } = await pairPhase("promote", {
    cluster: greenServes(),
    state: tryingGreen({ phase: "watching", weight: 100, switchedAt }),
  });
  expect(kind).toBe("pass");
  expect(did).toEqual([]);
  expect(seconds).toBeLessThan(20);
});

test("a switch that was made and not written down is found by asking the front", async () => {
  const { kind, did, state } = await pairPhase("promote", {
    cluster: greenServes(),
    state: tryingGreen({ phase: "promoting" }),
  });
  expect(kind).toBe("pass");
  expect(did).toEqual([]);
  expect(state.rollout).toMatchObject({ phase: "verifying", weight: 100 });
});

test.each([
  {
    name: "a version of another run",
    world: { runId: "7" },
    says: "belongs to run 100, not to this one",
  },
  {
    name: "a colour that is half installed",
    world: { state: tryingGreen({ phase: "deploying" }) },
    says: "web-green is not ready to take traffic (phase deploying)",
  },
  {
    name: "a revision that nobody tried",
    world: { state: tryingGreen({}, { revision: 4 }) },
    says: "web-green is at revision 1, but revision 4 is what was tried",
  },
  {
    name: "a canary in flight",
    world: { state: { ...blueServed, rollout: rolloutOf() } },
    says: "A canary deploy of",
  },
  { name: "nothing at all", world: { state: blueServed }, says: "there is nothing to promote" },
])("promote refuses $name and changes nothing", async ({ world, says }) => {
  const { kind, did, reasons } = await pairPhase("promote", {
    cluster: bothUp(),
    state: tryingGreen(),
    ...world,
  });
  expect(kind).toBe("fail");
  expect(reasons[0]).toContain(says);
  expect(did).toEqual([]);
});

test("a command on the Lease ends the watch, or holds it open", async () => {
  let command: "pause" | "abort" | undefined;
  const lease = { command: () => command, commandWords: () => "by hand", whyLost: () => undefined } as never;
  const aborted = await pairPhase("promote", {
    cluster: bothUp(),
    state: tryingGreen(),
    lease,
    at: {
      10000: () => {
        command = "abort";
      },
    },
  });
  expect(aborted.did).toEqual(["web → web-green", "web → web-blue", "uninstall web-green"]);
  expect(aborted.reasons[0]).toContain(
    "aborted by command of annotation sluice/command on Lease sluice-web: by hand",
  );
  command = "pause";
  const paused = await pairPhase("promote", {
    cluster: bothUp(),
    state: tryingGreen(),
    lease,
    at: {
      100000: () => {
        command = undefined;
      },
    },
  });
  expect(paused.kind).toBe("pass");
  expect(paused.seconds).toBeGreaterThanOrEqual(100);
});
