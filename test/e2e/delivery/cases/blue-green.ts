import assert from "node:assert/strict";
import type { ActionInputs, ActionRun } from "../action-process.ts";
import type { DeliveryCase } from "../case.ts";
import type { Stand } from "../stand.ts";

const colours: ActionInputs = { strategy: "blue-green", "watch-time": "3s" };

/** Names and inputs of a version that is deployed in colours. */
async function inputsOf(stand: Stand, version: string, more: ActionInputs = {}): Promise<ActionInputs> {
  return { ...colours, image: await stand.image(version), version, ...more };
}

async function finish(stand: Stand, inputs: ActionInputs): Promise<ActionRun> {
  const gate = await stand.gate(String(inputs.image));
  return stand.mustPass("helm-deploy", { ...inputs, ...gate, phase: "finish" });
}

/** Deploys, promotes and finishes one version. */
async function goThrough(stand: Stand, version: string, more: ActionInputs = {}): Promise<void> {
  const inputs = await inputsOf(stand, version, more);
  const deploy = await stand.mustPass("helm-deploy", inputs);
  if (deploy.outputs["candidate-release"] !== "")
    await stand.mustPass("helm-deploy", { ...inputs, phase: "promote" });
  await finish(stand, inputs);
  stand.nextRun();
}

async function mustServe(stand: Stand, version: string, service: string | undefined = "web"): Promise<void> {
  const answers = await stand.answers(20, service);
  assert.deepEqual([...new Set(answers.map((one) => one?.version))], [version]);
}

async function selects(stand: Stand): Promise<string> {
  const path = "jsonpath={.spec.selector.app\\.kubernetes\\.io/instance}";
  return stand.kubectl("get", "service", "web", "-o", path);
}

async function statuses(stand: Stand, release: string): Promise<readonly string[]> {
  return (await stand.history(release)).map(({ revision, status }) => `${revision} ${status}`);
}

/** Blue, green, blue: each colour is installed anew over its kept history, and nobody notices. */
async function playCycle(stand: Stand): Promise<void> {
  const first = await inputsOf(stand, "1");
  const begun = await stand.mustPass("helm-deploy", first);
  assert.equal(begun.outputs["candidate-release"], "");
  assert.match(begun.summary, /first deploy: nothing to compare/);
  assert.equal(await selects(stand), "web-blue");
  await finish(stand, first);
  stand.nextRun();
  const prober = await stand.probe({ service: "web", requestsPerSecond: 100 });
  const second = await inputsOf(stand, "2");
  const deploy = await stand.mustPass("helm-deploy", second);
  assert.equal(deploy.outputs["candidate-release"], "web-green");
  assert.equal((await stand.records()).rollout?.phase, "candidate");
  await mustServe(stand, "1");
  await mustServe(stand, "2", "web-green");
  await stand.mustPass("helm-deploy", { ...second, phase: "promote" });
  assert.equal(await selects(stand), "web-green");
  assert.equal((await stand.records()).rollout?.phase, "verifying");
  await mustServe(stand, "2");
  await finish(stand, second);
  assert.deepEqual(await statuses(stand, "web-blue"), ["1 uninstalled"]);
  assert.equal((await stand.records()).rollout, undefined);
  stand.nextRun();
  await goThrough(stand, "3");
  await mustServe(stand, "3");
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

export const blueGreenCases: readonly DeliveryCase[] = [
  { name: "blue-green-cycle", isShort: false, run: playCycle },
];
