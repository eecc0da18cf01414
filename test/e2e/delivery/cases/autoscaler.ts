import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { DeliveryCase } from "../case.ts";
import { chart, type Stand } from "../stand.ts";
import { expectNoneLost } from "./situation.ts";
import { inputsOf, phases } from "./steps.ts";

/** An autoscaler that the chart knows nothing of: without metrics it keeps the count within its bounds. */
async function autoscale(stand: Stand, min: number, behavior?: object): Promise<void> {
  await stand.apply({
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "web", namespace: stand.namespace },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
      minReplicas: min,
      maxReplicas: 10,
      metrics: [
        {
          type: "Resource",
          resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } },
        },
      ],
      ...(behavior === undefined ? {} : { behavior }),
    },
  });
}

interface Counts {
  readonly wanted: number;
  readonly ready: number;
}

async function counts(stand: Stand, name = "web"): Promise<Counts> {
  const path = "jsonpath={.spec.replicas} {.status.readyReplicas}";
  const [wanted, ready] = (await stand.kubectl("get", "deployment", name, "-o", path)).split(" ");
  return { wanted: Number(wanted), ready: Number(ready || "0") };
}

async function waitForCount(stand: Stand, count: number, name = "web"): Promise<void> {
  const deadline = Date.now() + 90_000;
  for (;;) {
    const now = await counts(stand, name);
    if (now.wanted === count && now.ready === count) return;
    if (Date.now() > deadline) throw new Error(`${name} never had ${count} pods: ${JSON.stringify(now)}`);
    await sleep(500);
  }
}

/** The lowest counts of a Deployment that are seen until it is stopped. */
function watchCounts(stand: Stand, name = "web") {
  let isOver = false;
  const lowest = { wanted: Number.POSITIVE_INFINITY, ready: Number.POSITIVE_INFINITY };
  const watching = (async () => {
    while (!isOver) {
      const now = await counts(stand, name).catch(() => undefined);
      // A case that has failed lets its namespace go while this still looks.
      if (now === undefined) return;
      lowest.wanted = Math.min(lowest.wanted, now.wanted);
      lowest.ready = Math.min(lowest.ready, now.ready);
      await sleep(100);
    }
  })();
  return {
    stop: async (): Promise<Counts> => {
      isOver = true;
      await watching;
      return lowest;
    },
  };
}

async function scaleDownPolicy(stand: Stand, name = "web"): Promise<string> {
  const object = await stand.kubectl("get", "hpa", name, "-o", "json");
  const { spec, metadata } = JSON.parse(object);
  const pin = metadata.annotations?.["sluice/scale-down"] ?? "not pinned";
  return `${spec.behavior?.scaleDown?.selectPolicy ?? "no behavior"}, ${pin}`;
}

const more = { timeout: "10m" } as const;
// No pod goes before its successor is ready, and none for a slow answer, so every missing one is our doing.
const careful = `strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 6, maxUnavailable: 0}}
probe: {path: /ready, periodSeconds: 1, failureThreshold: 30}`;

/** The chart's number is 2, and 5 pods serve: an upgrade keeps the 5, although Helm would refuse or set 2. */
const literal: DeliveryCase = {
  name: "autoscaler-literal-count",
  isShort: true,
  run: async (stand) => {
    const traffic = await stand.route();
    await stand.install("1", { set: careful, timeout: "10m" });
    await autoscale(stand, 5);
    await waitForCount(stand, 5);
    const [prober, watch] = [await stand.probe(), watchCounts(stand)];
    const second = await inputsOf(stand, { strategy: "rolling", set: careful, more }, { version: "2" });
    const deploy = await stand.mustPass("helm-deploy", second);
    assert.match(deploy.log, /keeps the 5 pods of its autoscaler: value replicas is set to 5/);
    assert.deepEqual(await watch.stop(), { wanted: 5, ready: 5 });
    const report = await prober.stop();
    assert.equal(report.lost, 0, JSON.stringify(report.lostBy));
    await phases(stand, second, "finish");
    stand.nextRun();
    await rollBack(stand);
    assert.ok(traffic.length > 0);
  },
};

/** The revision before was stored with 2; the autoscaler's 5 come back at once. */
async function rollBack(stand: Stand): Promise<void> {
  const prober = await stand.probe();
  await stand.mustPass("rollback", { to: "1", reason: "loses orders" });
  assert.equal((await counts(stand)).wanted, 5);
  await waitForCount(stand, 5);
  await expectNoneLost(prober);
}

/** The autoscaler raises the count while Helm waits for the new pods. */
const movesInRolling: DeliveryCase = {
  name: "autoscaler-moves-in-rolling",
  isShort: false,
  run: async (stand) => {
    await stand.route();
    await stand.install("1", { set: careful, timeout: "10m" });
    await autoscale(stand, 4);
    await waitForCount(stand, 4);
    const [prober, watch] = [await stand.probe(), watchCounts(stand)];
    const second = await inputsOf(
      stand,
      { strategy: "rolling", set: careful, more },
      { version: "2", env: { START_DELAY: "4" } },
    );
    const running = await stand.start("helm-deploy", second);
    await running.seen(/helm upgrade/);
    await autoscale(stand, 6);
    const deploy = await running.done;
    assert.equal(deploy.verdict, "pass", deploy.reasons.join("; "));
    await waitForCount(stand, 6);
    assert.deepEqual(await watch.stop(), { wanted: 4, ready: 4 });
    await expectNoneLost(prober);
  },
};

/** The chart stops naming a count as its autoscaler comes. The server would set 1. */
const handsOver: DeliveryCase = {
  name: "autoscaler-takes-over",
  isShort: false,
  run: async (stand) => {
    await stand.route();
    await stand.install("1", { set: `${careful}\nreplicas: 4` });
    const [prober, watch] = [await stand.probe(), watchCounts(stand)];
    const set = `${careful}\nautoscaler: {enabled: true, min: 2, max: 10}`;
    const second = await inputsOf(stand, { strategy: "rolling", set, more }, { version: "2" });
    const deploy = await stand.mustPass("helm-deploy", second);
    assert.match(deploy.log, /the chart stops naming a count, which is held before Helm drops it/);
    assert.deepEqual(await watch.stop(), { wanted: 4, ready: 4 });
    await expectNoneLost(prober);
  },
};

/** Applied by the client once, its count gone from the chart and its autoscaler gone for a moment: the count stays. */
const clientSide: DeliveryCase = {
  name: "autoscaler-client-side",
  isShort: false,
  run: async (stand) => {
    await stand.route();
    await stand.install("1", { set: careful, timeout: "10m" });
    await stand.helm("upgrade", "web", chart, "--reuse-values", "--server-side=false", "--wait=legacy");
    await autoscale(stand, 5);
    await waitForCount(stand, 5);
    const [prober, watch] = [await stand.probe(), watchCounts(stand)];
    const hard = `${careful}\nautoscaler: {enabled: true, min: 2, max: 10}`;
    await stand.kubectl("delete", "hpa", "web");
    const second = await inputsOf(stand, { strategy: "rolling", set: hard, more }, { version: "2" });
    await stand.mustPass("helm-deploy", second);
    assert.deepEqual(await watch.stop(), { wanted: 5, ready: 5 });
    await waitForCount(stand, 5);
    await expectNoneLost(prober);
  },
};

/** Pinned for the time of a canary, given back however it ends. */
const pins: DeliveryCase = {
  name: "autoscaler-pins",
  isShort: false,
  run: async (stand) => {
    const plan = { strategy: "canary", traffic: await stand.route() } as const;
    await stand.install("1");
    await autoscale(stand, 3, { scaleDown: { stabilizationWindowSeconds: 60 } });
    await waitForCount(stand, 3);
    const second = await inputsOf(stand, plan, { version: "2" });
    await phases(stand, second, "deploy");
    assert.equal(await scaleDownPolicy(stand), "Disabled, Max");
    assert.deepEqual((await stand.records()).rollout?.pins, [{ autoscaler: "web", scaleDown: "Max" }]);
    await phases(stand, second, "abort");
    assert.equal(await scaleDownPolicy(stand), "Max, not pinned");
    stand.nextRun("failure");
    const third = await inputsOf(stand, plan, { version: "3" });
    const running = await stand.start("helm-deploy", third);
    await running.seen(/helm upgrade --install web-candidate/);
    running.killTree();
    await running.done;
    assert.equal(await scaleDownPolicy(stand), "Disabled, Max");
    stand.nextRun("failure");
    const fourth = await inputsOf(stand, plan, { version: "4" });
    await phases(stand, fourth, "deploy");
    // What the lost run took is known to this one, which took nothing more.
    assert.deepEqual((await stand.records()).rollout?.pins, [{ autoscaler: "web", scaleDown: "Max" }]);
    await stand.ramp(50);
    await phases(stand, fourth, "promote");
    assert.equal(await scaleDownPolicy(stand), "Max, not pinned");
    await phases(stand, fourth, "finish");
    stand.nextRun();
    const fifth = await inputsOf(stand, plan, { version: "5" });
    const lost = await stand.start("helm-deploy", fifth);
    await lost.seen(/helm upgrade --install web-candidate/);
    lost.killTree();
    await lost.done;
    stand.nextRun("failure");
    await stand.mustPass("rollback", { mode: "recover", reason: "its runner was lost" });
    assert.equal(await scaleDownPolicy(stand), "Max, not pinned");
  },
};

export const autoscalerCases: readonly DeliveryCase[] = [
  literal,
  movesInRolling,
  handsOver,
  clientSide,
  pins,
];
