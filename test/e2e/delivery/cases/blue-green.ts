import assert from "node:assert/strict";
import type { ActionInputs } from "../action-process.ts";
import type { DeliveryCase } from "../case.ts";
import type { RunOptions, Stand } from "../stand.ts";
import {
  colourInputs,
  firstColour,
  mustServe,
  selected,
  statuses,
  until,
  walkPhases,
  withHelm3,
} from "./colour-steps.ts";
import { expectNoneLost } from "./situation.ts";

/** Blue, green, blue: each colour is installed anew over its kept history, and nobody notices. */
async function playCycle(stand: Stand, more: ActionInputs = {}, options: RunOptions = {}): Promise<void> {
  await firstColour(stand, more, options);
  assert.equal(await selected(stand), "web-blue");
  const prober = await stand.probe({ service: "web", requestsPerSecond: 50 });
  const second = await colourInputs(stand, "2", more);
  const deploy = await walkPhases(stand, second, ["deploy"], options);
  assert.equal(deploy.outputs["candidate-release"], "web-green");
  assert.equal((await stand.records()).rollout?.phase, "candidate");
  await mustServe(stand, "1", "web");
  await mustServe(stand, "2", "web-green");
  await walkPhases(stand, second, ["promote"], options);
  assert.equal(await selected(stand), "web-green");
  assert.equal((await stand.records()).rollout?.phase, "verifying");
  await mustServe(stand, "2", "web");
  await walkPhases(stand, second, ["finish"], options);
  assert.deepEqual(await statuses(stand, "web-blue"), ["1 uninstalled"]);
  assert.equal((await stand.records()).rollout, undefined);
  stand.nextRun();
  await walkPhases(stand, await colourInputs(stand, "3", more), ["deploy", "promote", "finish"], options);
  await mustServe(stand, "3", "web");
  const { lost, lostBy, total } = await prober.stop();
  assert.equal(lost, 0, `${JSON.stringify(lostBy)} of ${total}`);
  assert.deepEqual(await statuses(stand, "web-blue"), ["1 superseded", "2 deployed"]);
  assert.deepEqual(await statuses(stand, "web-green"), ["1 uninstalled"]);
  const { records } = await stand.records();
  assert.deepEqual(
    records.map((one) => `${one.helmRelease} ${one.revision} ${one.status}`),
    ["web-blue 2 good", "web-green 1 good", "web-blue 1 good"],
  );
}

async function playCycleOfHelm3(stand: Stand): Promise<void> {
  await playCycle(stand, { "helm-version": "3.21.4" }, await withHelm3(stand));
}

/** Abort before the switch, and after it: the version before serves all the time, and again. */
async function playReturn(stand: Stand): Promise<void> {
  await firstColour(stand);
  const prober = await stand.probe({ service: "web", requestsPerSecond: 50 });
  await walkPhases(stand, await colourInputs(stand, "2"), ["deploy", "abort"]);
  assert.deepEqual(await statuses(stand, "web-green"), ["1 uninstalled"]);
  stand.nextRun();
  const third = await colourInputs(stand, "3");
  await walkPhases(stand, third, ["deploy", "promote"]);
  await mustServe(stand, "3", "web");
  await walkPhases(stand, third, ["abort", "abort"]);
  await mustServe(stand, "1", "web");
  assert.deepEqual(await statuses(stand, "web-green"), ["1 superseded", "2 uninstalled"]);
  await expectNoneLost(prober);
  const state = await stand.records();
  assert.equal(state.rollout, undefined);
  assert.deepEqual(
    state.records.map(({ status }) => status),
    ["bad", "bad", "good"],
  );
}

/** A colour that never becomes ready, and one that crashes: the front never selects them. */
async function playBroken(stand: Stand): Promise<void> {
  await firstColour(stand);
  const prober = await stand.probe({ service: "web", requestsPerSecond: 20 });
  for (const set of ["{faults: {exitAtStart: 3}}", "{faults: {neverReady: 'true'}}"]) {
    const inputs = await colourInputs(stand, "2", { set, timeout: "25s" });
    const running = await stand.start("helm-deploy", inputs);
    let isOver = false;
    void running.done.then(() => {
      isOver = true;
    });
    while (!isOver) assert.equal(await selected(stand), "web-blue");
    const run = await running.done;
    assert.equal(run.verdict, "fail");
    assert.match(run.reasons[0] ?? "", /^Validation of web-green failed before the switch: /);
    assert.equal(run.outputs["failure-reason"], "validation");
    assert.deepEqual((await statuses(stand, "web-green")).at(-1)?.split(" ")[1], "uninstalled");
    stand.nextRun("failure");
  }
  const { lost, arms } = await prober.stop();
  assert.equal(lost, 0);
  assert.deepEqual(
    arms.map(({ version }) => version),
    ["1"],
  );
}

/** A colour that was ready and begins to crash under the watch: traffic is back before anybody is asked. */
async function playWatch(stand: Stand): Promise<void> {
  await firstColour(stand);
  const set = "{faults: {crashAfter: 45}}";
  const inputs = await colourInputs(stand, "2", { set, "watch-time": "4m" });
  await walkPhases(stand, inputs, ["deploy"]);
  const run = await stand.run("helm-deploy", { ...inputs, phase: "promote" });
  assert.equal(run.verdict, "fail");
  assert.equal(run.outputs["failure-reason"], "watch", run.reasons.join("; "));
  assert.match(run.reasons[0] ?? "", /^Watch of web-green failed after the switch: /);
  assert.equal(await selected(stand), "web-blue");
  await mustServe(stand, "1", "web");
  assert.deepEqual(await statuses(stand, "web-blue"), ["1 deployed"]);
  assert.deepEqual(await statuses(stand, "web-green"), ["1 uninstalled"]);
  const { records, rollout } = await stand.records();
  assert.equal(rollout, undefined);
  assert.deepEqual(
    records.map(({ status }) => status),
    ["bad", "good"],
  );
}

/** The runner dies in the watch: the next deploy sends traffic home first, and installs its own version. */
async function playKilled(stand: Stand): Promise<void> {
  await firstColour(stand);
  const prober = await stand.probe({ service: "web", requestsPerSecond: 20 });
  const second = await colourInputs(stand, "2", { "watch-time": "10m" });
  await walkPhases(stand, second, ["deploy"]);
  const promoting = await stand.start("helm-deploy", { ...second, phase: "promote" });
  await until("the watch", async () => (await stand.records()).rollout?.phase === "watching");
  promoting.killTree();
  await promoting.done;
  await mustServe(stand, "2", "web");
  stand.nextRun("failure");
  const third = await colourInputs(stand, "3");
  const deploy = await walkPhases(stand, third, ["deploy"]);
  assert.match(deploy.log, /An earlier switch was never judged/);
  assert.equal(deploy.outputs["candidate-release"], "web-green");
  await mustServe(stand, "1", "web");
  await walkPhases(stand, third, ["promote"]);
  await mustServe(stand, "3", "web");
  await expectNoneLost(prober);
}

/** Cut short as GitHub does it, by SIGINT: both colours stay up, and promote goes on with the watch. */
async function playCutShort(stand: Stand): Promise<void> {
  await firstColour(stand);
  const second = await colourInputs(stand, "2", { "watch-time": "10m" });
  await walkPhases(stand, second, ["deploy"]);
  const promoting = await stand.start("helm-deploy", { ...second, phase: "promote" });
  await until("the watch", async () => (await stand.records()).rollout?.phase === "watching");
  promoting.signal("SIGINT");
  const cut = await promoting.done;
  assert.equal(cut.outputs["failure-reason"], "cancelled", cut.reasons.join("; "));
  assert.equal((await stand.records()).rollout?.phase, "watching");
  await walkPhases(stand, { ...second, "watch-time": "1s" }, ["promote"]);
  await mustServe(stand, "2", "web");
}

interface Autoscaler {
  readonly spec: {
    readonly minReplicas: number;
    readonly behavior?: { readonly scaleDown?: { readonly selectPolicy?: string } };
  };
}

/** The autoscaler moves while green is prepared: it comes to serve with as many pods as blue has then. */
async function playAutoscaler(stand: Stand): Promise<void> {
  const set = "{autoscaler: {enabled: true, min: 2, max: 6}}";
  await firstColour(stand, { set });
  const moveTo = async (release: string, min: number) => {
    await stand.kubectl("patch", "hpa", release, "--type=merge", "-p", `{"spec":{"minReplicas":${min}}}`);
    await until(`${release} has ${min} pods`, async () => (await ready(stand, release)) >= min);
  };
  await moveTo("web-blue", 3);
  const inputs = await colourInputs(stand, "2", { set });
  await walkPhases(stand, inputs, ["deploy"]);
  assert.equal(await ready(stand, "web-green"), 3);
  await moveTo("web-blue", 5);
  await walkPhases(stand, inputs, ["promote"]);
  assert.equal(await ready(stand, "web-green"), 5);
  const autoscaler = async (): Promise<Autoscaler> =>
    JSON.parse(await stand.kubectl("get", "hpa", "web-green", "-o", "json"));
  assert.equal((await autoscaler()).spec.behavior?.scaleDown?.selectPolicy, "Disabled");
  await walkPhases(stand, inputs, ["finish"]);
  assert.notEqual((await autoscaler()).spec.behavior?.scaleDown?.selectPolicy, "Disabled");
  assert.deepEqual(await stand.releases(), ["web-green"]);
}

async function ready(stand: Stand, release: string): Promise<number> {
  const found = await stand.kubectl("get", "deployment", release, "-o", "jsonpath={.status.readyReplicas}");
  return Number(found || "0");
}

/** The same behind a route of the gateway, confirmed by counted answers. */
async function playGateway(stand: Stand): Promise<void> {
  const traffic = await stand.route("web-blue", "web-green");
  await firstColour(stand, { traffic });
  const prober = await stand.probe({ requestsPerSecond: 50 });
  const second = await colourInputs(stand, "2", { traffic });
  await walkPhases(stand, second, ["deploy"]);
  await mustServe(stand, "1");
  await walkPhases(stand, second, ["promote"]);
  assert.deepEqual(await stand.weights(), { "web-blue": 0, "web-green": 100 });
  await mustServe(stand, "2");
  await walkPhases(stand, second, ["finish"]);
  stand.nextRun();
  const third = await colourInputs(stand, "3", { traffic });
  await walkPhases(stand, third, ["deploy", "promote"]);
  assert.deepEqual(await stand.weights(), { "web-blue": 100, "web-green": 0 });
  await walkPhases(stand, third, ["abort"]);
  await mustServe(stand, "2");
  await expectNoneLost(prober);
}

export const blueGreenCases: readonly DeliveryCase[] = [
  { name: "blue-green-return", isShort: true, run: playReturn },
  { name: "blue-green-cycle", isShort: false, run: (stand) => playCycle(stand) },
  { name: "blue-green-cycle-helm3", isShort: false, run: playCycleOfHelm3 },
  { name: "blue-green-broken", isShort: false, run: playBroken },
  { name: "blue-green-watch", isShort: false, run: playWatch },
  { name: "blue-green-killed", isShort: false, run: playKilled },
  { name: "blue-green-cut-short", isShort: false, run: playCutShort },
  { name: "blue-green-autoscaler", isShort: false, run: playAutoscaler },
  { name: "blue-green-gateway", isShort: false, run: playGateway },
];
