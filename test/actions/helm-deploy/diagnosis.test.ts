import { expect, test } from "vitest";
import { keepHookLogs } from "../../../src/actions/helm-deploy/pod-log.ts";
import { runPhase } from "../../../src/actions/helm-deploy/run.ts";
import type { Session } from "../../../src/actions/helm-deploy/session.ts";
import { reasonsOf } from "../../../src/core/verdict.ts";
import { baselineOf } from "../../../src/domain/rollout/view.ts";
import { earlier, scope } from "../../domain/rollout/looks.ts";
import { container, ended, pod, view } from "../../domain/rollout/objects.ts";
import { podOf } from "./fake-objects.ts";
import { type FakeWorld, fakeSession } from "./fake-session.ts";
import { served } from "./states.ts";

type Changed = Partial<Session["cluster"]["kubectl"]>;

async function deploy(world: FakeWorld, change: (did: readonly string[]) => Changed = () => ({})) {
  const fake = await fakeSession({}, world);
  const { cluster } = fake.session;
  const session = {
    ...fake.session,
    cluster: { ...cluster, kubectl: { ...cluster.kubectl, ...change(fake.did) } },
  };
  const outcome = await runPhase(session);
  return { ...fake, outcome, reasons: reasonsOf(outcome.verdict) };
}

test("a failure is explained in full before anything is rolled back", async () => {
  const { runner, outcome } = await deploy({ ...served, behaviour: "crash" });
  const at = (start: string) => runner.said.findIndex((line) => line.startsWith(start));
  const back = at("Rolling web back");
  for (const start of [
    "Failed (crash)",
    "cannot start: no database",
    "Pod web-new-1: Ready=False",
    "+   template",
  ]) {
    expect(at(start), start).toBeGreaterThan(-1);
    expect(at(start), start).toBeLessThan(back);
  }
  expect(runner.annotations).toContainEqual({
    level: "error",
    title: "web failed: crash",
    message: reasonsOf(outcome.verdict)[0],
  });
  expect(outcome.details).toMatchObject({
    pod: "web-new-1",
    container: "web",
    log: { lines: ["cannot start: no database"] },
    conditions: [{ of: "Pod web-new-1", type: "Ready", status: "False" }],
  });
  expect(outcome.summary).toContain("**Conditions**");
  expect(outcome.summary).toContain("**Pod template, before and after**");
});

test("what cannot be had does not hide the failure", async () => {
  const { outcome, reasons } = await deploy({ ...served, behaviour: "crash" }, () => ({
    logs: () => Promise.reject(new Error("no such container")),
  }));
  expect(reasons).toEqual([
    "Deployment web: pod web-new-1, container web ended with exit code 1, restarted 2 times",
  ]);
  expect(outcome.details).toMatchObject({ log: { lines: ["no such container"] } });
});

test("a release that Helm calls ready is red when its new pods crash", async () => {
  const old = podOf("web", "old", { ready: true });
  const crashing = podOf("web", "new", { crashes: true });
  const { reasons, outcome } = await deploy({ ...served, behaviour: "ready" }, (did) => ({
    list: async (kinds: string) => {
      if (!kinds.includes("replicasets")) return [];
      return did.includes("upgrade web") ? crashing : old;
    },
  }));
  expect(reasons[0]).toMatch(/^Deployment web: pod web-new-1, container web ended with exit code 1/);
  expect(outcome.outputs).toMatchObject({ "failure-reason": "crash" });
});

test("a log that the node has cleared away is asked of the life after, and is nobody's last word", async () => {
  const gone = "unable to retrieve container logs for containerd://1";
  const log = (current: string) => async (_pod: string, _namespace: string, asked?: { previous?: boolean }) =>
    asked?.previous === true ? gone : current;
  const world = { ...served, behaviour: "crash" } as const;
  expect((await deploy(world, () => ({ logs: log("Error: no disk") }))).reasons[0]).toMatch(
    /: Error: no disk$/,
  );
  expect((await deploy(world, () => ({ logs: log(gone) }))).reasons[0]).toMatch(/restarted 2 times$/);
});

test("keepHookLogs() reads the log of a failed hook at once, and once", async () => {
  const { session } = await fakeSession({}, served);
  const asked: string[] = [];
  const kubectl = {
    ...session.cluster.kubectl,
    logs: async (name: string) => {
      asked.push(name);
      return "column is gone\n";
    },
  };
  const kept = keepHookLogs(
    { ...session, cluster: { ...session.cluster, kubectl } },
    { scope, baseline: baselineOf(earlier) },
  );
  const owner = { kind: "Job", name: "web-migrate", uid: "job" };
  const failed = pod("migrate-1", "", { owner, phase: "Failed", containers: [container(ended(1))] });
  expect(await kept.last()).toBeUndefined();
  kept.look(view(failed));
  kept.look(view(failed));
  kept.look(view());
  expect(asked).toEqual(["migrate-1"]);
  expect(await kept.last()).toMatchObject({ lines: ["column is gone"] });
});
