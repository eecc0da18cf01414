import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { DeliveryCase } from "../case.ts";
import type { ActionInputs, Stand } from "../stand.ts";
import { mustRollBack, mustServe, recordsIn, revisions, rollBack } from "./rollback-steps.ts";
import { deliver, inputsOf } from "./steps.ts";

const pair = { strategy: "blue-green", more: { "watch-time": "1s" } } as const;
const service = "web";

async function promoted(stand: Stand, version: string, more: ActionInputs = {}): Promise<ActionInputs> {
  const inputs = { ...(await inputsOf(stand, pair, { version })), ...more };
  await stand.mustPass("helm-deploy", inputs);
  await stand.mustPass("helm-deploy", { ...inputs, phase: "promote" });
  return inputs;
}

/** Both colours up: one patch. Then the slow way: a colour that was removed comes back at the size that serves. */
async function playColours(stand: Stand): Promise<void> {
  await deliver(stand, pair, "1");
  const prober = await stand.probe({ service, requestsPerSecond: 50 });
  await promoted(stand, "2");
  await mustServe(stand, "2", service);
  const fast = await mustRollBack(stand);
  await mustServe(stand, "1", service);
  assert.equal(fast.outputs.strategy, "blue-green");
  assert.deepEqual(await revisions(stand, "web-green"), ["1 uninstalled"]);
  assert.deepEqual((await recordsIn(stand)).slice(0, 2), ["rollback good 1", "blue-green rolled-back 1"]);
  assert.equal((await stand.records()).rollout, undefined);
  stand.nextRun();
  await deliver(stand, { ...pair, set: "replicas: 3" }, "3");
  await mustServe(stand, "3", service);
  assert.deepEqual(await revisions(stand, "web-blue"), ["1 uninstalled"]);
  const slow = await mustRollBack(stand);
  await mustServe(stand, "1", service);
  assert.equal(slow.outputs.strategy, "blue-green");
  const { lost, total } = await prober.stop();
  assert.equal(lost, 0, `${lost} of ${total} requests were lost`);
  assert.deepEqual(await revisions(stand, "web-blue"), ["1 uninstalled", "2 deployed"]);
  assert.equal((await revisions(stand, "web-green")).at(-1), "2 uninstalled");
  const ready = await stand.kubectl(
    "get",
    "deployment",
    "web-blue",
    "-o",
    "jsonpath={.status.readyReplicas}",
  );
  assert.equal(ready, "3");
  assert.equal((await stand.records()).holds.length, 2);
}

/** A switch whose run is gone is brought home; one whose run is alive is left alone. */
async function playLostSwitch(stand: Stand): Promise<void> {
  await deliver(stand, pair, "1");
  const inputs = await inputsOf(stand, pair, { version: "2" });
  await stand.mustPass("helm-deploy", inputs);
  const promote = await stand.start("helm-deploy", { ...inputs, phase: "promote", "watch-time": "10m" });
  for (let tries = 0; tries < 120 && (await stand.records()).rollout?.phase !== "watching"; tries++)
    await sleep(1000);
  await mustServe(stand, "2", service);
  const owner = stand.job;
  stand.anotherRun();
  const early = await stand.mustPass("rollback", { mode: "recover" });
  assert.match(String(early.evidence?.details.sentence), /^Left alone/);
  await mustServe(stand, "2", service);
  promote.killTree();
  await promote.done;
  stand.standIn.complete(owner, "cancelled");
  stand.anotherRun();
  const run = await stand.mustPass("rollback", { mode: "recover", release: "" });
  await mustServe(stand, "1", service);
  assert.match(run.summary, /web-green, which is removed/);
  const { rollout, holds, records } = await stand.records();
  assert.equal(rollout, undefined);
  assert.deepEqual(holds, []);
  assert.deepEqual(
    records.map(({ strategy, status }) => `${strategy} ${status}`),
    ["rollback good", "blue-green rolled-back", "blue-green good"],
  );
  assert.deepEqual(await revisions(stand, "web-green"), ["1 uninstalled"]);
  const again = await stand.mustPass("rollback", { mode: "recover" });
  assert.match(String(again.evidence?.details.sentence), /Nothing to recover/);
}

/** A canary in the middle of its ramp: weight 0 by one patch, and the candidate goes. */
async function playCanary(stand: Stand): Promise<void> {
  const traffic = await stand.route();
  await stand.install("1");
  const prober = await stand.probe({ requestsPerSecond: 50 });
  const plan = { strategy: "canary", traffic } as const;
  const inputs = await inputsOf(stand, plan, { version: "2" });
  await stand.mustPass("helm-deploy", inputs);
  const backends = [
    { op: "replace", path: "/spec/rules/0/backendRefs/0/weight", value: 70 },
    { op: "replace", path: "/spec/rules/0/backendRefs/1/weight", value: 30 },
  ];
  await stand.kubectl("patch", "httproute", "web", "--type", "json", "-p", JSON.stringify(backends));
  await sleep(3000);
  const run = await mustRollBack(stand, { traffic });
  const { lost, total } = await prober.stop();
  assert.equal(lost, 0, `${lost} of ${total} requests were lost`);
  assert.equal(run.outputs.strategy, "canary");
  assert.deepEqual(await stand.weights(), { web: 100, "web-candidate": 0 });
  await mustServe(stand, "1");
  assert.deepEqual(await stand.releases(), ["web"]);
  assert.deepEqual(await revisions(stand), ["1 deployed"]);
  const { rollout, holds } = await stand.records();
  assert.equal(rollout, undefined);
  assert.deepEqual(
    holds.map(({ digest }) => digest),
    [String(inputs.image).split("@")[1]],
  );
  const idle = await rollBack(stand, { traffic, to: "1" });
  assert.equal(idle.verdict, "pass", idle.reasons.join("; "));
  assert.deepEqual(await revisions(stand), ["1 deployed"]);
}

export const rollbackSideCases: readonly DeliveryCase[] = [
  { name: "rollback-colours", isShort: true, run: playColours },
  { name: "rollback-lost-switch", isShort: false, run: playLostSwitch },
  { name: "rollback-canary", isShort: false, run: playCanary },
];
