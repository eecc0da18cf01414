import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunningAction } from "../action-process.ts";
import type { DeliveryCase } from "../case.ts";
import type { Stand } from "../stand.ts";
import { lease } from "./lock-scene.ts";
import { expectNoneLost } from "./situation.ts";

const metrics = (namespace: string) => `- name: errors
  errors: requests_total{namespace="${namespace}",code="500",{{arm}}}
  requests: requests_total{namespace="${namespace}",{{arm}}}
`;

/** Starts a ramp of 10, 50 and 90 % whose steps take 6 s. */
async function startRamp(stand: Stand, traffic: string, image: string): Promise<RunningAction> {
  return stand.start("canary-analyze", {
    mode: "ramp",
    traffic,
    image,
    metrics: metrics(stand.namespace),
    "prometheus-url": stand.world.prometheusUrl,
    baseline: 'track="stable"',
    candidate: 'track="candidate"',
    interval: "2s",
    "start-weight": 10,
    "step-weight": 40,
    "step-interval": "6s",
    "minimum-requests": 10,
  });
}

async function deployCandidate(stand: Stand, traffic: string): Promise<string> {
  const image = await stand.image("2");
  const canary = { strategy: "canary", traffic, image, version: "2", "candidate-set": "{track: candidate}" };
  await stand.mustPass("helm-deploy", canary);
  return image;
}

async function waitForWeight(stand: Stand, weight: number): Promise<void> {
  const deadline = Date.now() + 40_000;
  while ((await stand.weights())["web-candidate"] !== weight) {
    if (Date.now() > deadline)
      throw new Error(`the candidate never got ${weight} %: ${JSON.stringify(await stand.weights())}`);
    await sleep(200);
  }
}

const tell = (stand: Stand, command: string) =>
  stand.kubectl("annotate", "lease", "sluice-web", "--overwrite", `sluice/command=${command}`);

const commands: DeliveryCase = {
  name: "lock-ramp-commands",
  isShort: false,
  run: async (stand) => {
    const traffic = await stand.route();
    await stand.install("1");
    const prober = await stand.probe({ requestsPerSecond: 100 });
    const image = await deployCandidate(stand, traffic);
    await tell(stand, "abort");
    const ramp = await startRamp(stand, traffic, image);
    await waitForWeight(stand, 10);
    await tell(stand, "halt");
    await ramp.seen(/must be pause or abort: got "halt"/);
    await tell(stand, "pause");
    await ramp.seen(/weight 10 % is held by command/);
    await sleep(12_000);
    assert.deepEqual(await stand.weights(), { web: 90, "web-candidate": 10 });
    await stand.kubectl("annotate", "lease", "sluice-web", "sluice/command-");
    await ramp.seen(/the ramp goes on/);
    await ramp.seen(/weight 50 confirmed/);
    const at = performance.now();
    await tell(stand, "abort: loses orders, ann");
    const ended = await ramp.done;
    const seconds = (performance.now() - at) / 1000;
    assert.ok(seconds < 30, `the ramp took ${seconds} s to end`);
    assert.equal(ended.verdict, "fail");
    assert.deepEqual(ended.reasons, [
      "aborted by command of annotation sluice/command on Lease sluice-web: loses orders, ann",
    ]);
    assert.equal(ended.outputs.weight, "0");
    assert.deepEqual(await stand.weights(), { web: 100, "web-candidate": 0 });
    assert.equal((await lease(stand)).holder, "");
    await expectNoneLost(prober);
  },
};

const rampPreempted: DeliveryCase = {
  name: "lock-ramp-preempted",
  isShort: false,
  run: async (stand) => {
    const traffic = await stand.route();
    await stand.install("1");
    const prober = await stand.probe({ requestsPerSecond: 100 });
    const image = await deployCandidate(stand, traffic);
    const ramp = await startRamp(stand, traffic, image);
    await waitForWeight(stand, 10);
    stand.anotherRun();
    const rollback = await stand.run("rollback", { reason: "loses orders", severity: "P0" });
    const ended = await ramp.done;
    assert.equal(ended.verdict, "inconclusive");
    assert.match(ended.reasons[0] ?? "", /^Yielded to a rollback of avery/);
    assert.doesNotMatch(ended.log, /may still get traffic/);
    assert.equal(rollback.verdict, "pass", rollback.reasons.join("; "));
    assert.deepEqual(await stand.weights(), { web: 100, "web-candidate": 0 });
    assert.deepEqual(await stand.releases(), ["web"]);
    await expectNoneLost(prober);
  },
};

/** A ramp that people and rollbacks speak to. */
export const rampCommandCases: readonly DeliveryCase[] = [commands, rampPreempted];
