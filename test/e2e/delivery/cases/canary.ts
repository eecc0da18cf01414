import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunningAction } from "../action-process.ts";
import type { DeliveryCase } from "../case.ts";
import type { Stand } from "../stand.ts";
import { expectNoneLost, expectSituation } from "./situation.ts";
import { deliver, inputsOf, phases } from "./steps.ts";

const metrics = (namespace: string) => `- name: errors
  errors: requests_total{namespace="${namespace}",code="500",{{arm}}}
  requests: requests_total{namespace="${namespace}",{{arm}}}
  limit: 10%
`;

interface Ramp {
  readonly traffic: string;
  readonly image: string;
  readonly start?: number;
  readonly step?: number;
}

/** A ramp of few, short steps over real metrics. */
function startRamp(stand: Stand, { traffic, image, start = 50, step = 45 }: Ramp): Promise<RunningAction> {
  return stand.start("canary-analyze", {
    mode: "ramp",
    traffic,
    image,
    metrics: metrics(stand.namespace),
    "prometheus-url": stand.world.prometheusUrl,
    baseline: 'track="stable"',
    candidate: 'track="candidate"',
    interval: "2s",
    "start-weight": start,
    "step-weight": step,
    "step-interval": "6s",
    "minimum-requests": 10,
  });
}

interface Sight {
  readonly weight: number;
  readonly stable: number;
  readonly candidate: number;
}

/** What every sight of the route and of the ready pods was, until it is stopped. */
function watchShare(stand: Stand) {
  let isOver = false;
  const seen: Sight[] = [];
  const ready = async (name: string) => {
    const path = "jsonpath={.status.readyReplicas}";
    return Number((await stand.kubectl("get", "deployment", name, "--ignore-not-found", "-o", path)) || "0");
  };
  const watching = (async () => {
    while (!isOver) {
      // The weight first: pods that are seen after it are at most too few for it, never too many.
      const weight = (await stand.weights())["web-candidate"] ?? 0;
      const [stable, candidate] = await Promise.all([ready("web"), ready("web-candidate")]);
      seen.push({ weight, stable, candidate });
      await sleep(150);
    }
    // A case that has failed lets its namespace go while this still looks.
  })().catch(() => undefined);
  return {
    stop: async () => {
      isOver = true;
      await watching;
      return seen;
    },
  };
}

// Half of the stable version may be missing in its upgrade; the candidate carries its share meanwhile.
const daring = `replicas: 4
strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 0, maxUnavailable: 2}}
probe: {path: /ready, periodSeconds: 1, failureThreshold: 30}`;

/** The candidate starts with one pod; its weight rises only as its pods do, and falls only when stable can carry all. */
const carried: DeliveryCase = {
  name: "canary-carries-its-weight",
  isShort: false,
  run: async (stand) => {
    const traffic = await stand.route();
    const plan = { strategy: "canary", traffic, set: daring } as const;
    await deliver(stand, plan, "1");
    const prober = await stand.probe({ requestsPerSecond: 100 });
    const more = { "candidate-set": "{track: candidate, replicas: 1}", timeout: "10m" };
    const second = await inputsOf(stand, { ...plan, more }, { version: "2", env: { START_DELAY: "2" } });
    await phases(stand, second, "deploy");
    const watch = watchShare(stand);
    const ramp = await (await startRamp(stand, { traffic, image: String(second.image) })).done;
    assert.equal(ramp.verdict, "pass", ramp.reasons.join("; "));
    assert.match(ramp.log, /weight 50 % needs 2 ready pods of the candidate, it has 1/);
    assert.match(ramp.log, /weight 95 % needs 4 ready pods of the candidate, it has 2/);
    await phases(stand, second, "promote");
    const seen = await watch.stop();
    const short = seen.filter(({ weight, candidate }) => candidate < Math.ceil((weight / 100) * 4));
    // Once the weight is 0 the candidate's pods go.
    assert.deepEqual(short, []);
    const alone = seen.filter(({ weight, stable }) => weight === 0 && stable < 4);
    assert.deepEqual(alone, []);
    await phases(stand, second, "finish");
    await expectSituation(stand, { serves: ["2"], releases: { web: "2 deployed" }, rollout: "none" });
    await expectNoneLost(prober);
  },
};

/** The namespace has no room for the pods: the weight is not set, and what there was stays. */
const noRoom: DeliveryCase = {
  name: "canary-weight-beyond-quota",
  isShort: false,
  run: async (stand) => {
    const traffic = await stand.route();
    const plan = { strategy: "canary", traffic, set: "replicas: 4" } as const;
    await deliver(stand, plan, "1");
    const prober = await stand.probe({ requestsPerSecond: 50 });
    const more = { "candidate-set": "{track: candidate, replicas: 1}", timeout: "10m" };
    const second = await inputsOf(stand, { ...plan, more }, { version: "2" });
    await phases(stand, second, "deploy");
    const metadata = { name: "room", namespace: stand.namespace };
    await stand.apply({ apiVersion: "v1", kind: "ResourceQuota", metadata, spec: { hard: { pods: "6" } } });
    const ramp = await (await startRamp(stand, { traffic, image: String(second.image), start: 25, step: 70 }))
      .done;
    assert.equal(ramp.verdict, "inconclusive");
    assert.match(
      ramp.reasons[0] ?? "",
      /^Weight 95 was not set: weight 95 % needs 4 ready pods of the candidate, it has 2: .*exceeded quota: room/,
    );
    assert.deepEqual(await stand.weights(), { web: 100, "web-candidate": 0 });
    await phases(stand, second, "abort");
    await expectNoneLost(prober);
  },
};

/** An autoscaler holds the stable version at 6; the candidate grows to it, and 6 serve after the promotion. */
const scaled: DeliveryCase = {
  name: "canary-of-a-scaled-release",
  isShort: false,
  run: async (stand) => {
    const traffic = await stand.route();
    const plan = { strategy: "canary", traffic } as const;
    await deliver(stand, plan, "1");
    await stand.apply({
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "web", namespace: stand.namespace },
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
        minReplicas: 6,
        maxReplicas: 10,
      },
    });
    await stand.kubectl(
      "wait",
      "deployment/web",
      "--for=jsonpath={.status.readyReplicas}=6",
      "--timeout=90s",
    );
    const prober = await stand.probe({ requestsPerSecond: 100 });
    const second = await inputsOf(stand, plan, { version: "2" });
    await phases(stand, second, "deploy");
    const watch = watchShare(stand);
    const ramp = await (await startRamp(stand, { traffic, image: String(second.image) })).done;
    assert.equal(ramp.verdict, "pass", ramp.reasons.join("; "));
    assert.match(ramp.log, /weight 95 % needs 6 ready pods of the candidate, it has 3/);
    await phases(stand, second, "promote", "finish");
    const seen = await watch.stop();
    assert.deepEqual(
      seen.filter(({ weight, stable }) => weight === 0 && stable < 6),
      [],
    );
    await expectSituation(stand, { serves: ["2"], pods: { web: "6 of 2" }, rollout: "none" });
    await expectNoneLost(prober);
  },
};

/** Killed between Helm's end and ours, a promotion is taken up where it stood. */
const promotedTwice: DeliveryCase = {
  name: "canary-promotion-taken-up",
  isShort: false,
  run: async (stand) => {
    const traffic = await stand.route();
    const plan = { strategy: "canary", traffic } as const;
    await deliver(stand, plan, "1");
    const prober = await stand.probe();
    const second = await inputsOf(stand, plan, { version: "2" });
    await phases(stand, second, "deploy");
    await stand.ramp(50);
    const running = await stand.start("helm-deploy", { ...second, phase: "promote" });
    await running.seen(/helm upgrade --install web$/);
    while (
      (await stand.history()).at(-1)?.revision !== 2 ||
      (await stand.history()).at(-1)?.status !== "deployed"
    )
      await sleep(100);
    running.killTree();
    await running.done;
    await phases(stand, second, "promote", "promote", "finish");
    await expectSituation(stand, {
      serves: ["2"],
      releases: { web: "2 deployed" },
      records: ["2 good", "1 good"],
      rollout: "none",
    });
    await expectNoneLost(prober);
  },
};

export const canaryCases: readonly DeliveryCase[] = [carried, noRoom, scaled, promotedTwice];
