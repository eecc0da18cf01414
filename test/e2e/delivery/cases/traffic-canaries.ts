import assert from "node:assert/strict";
import { parseTraffic } from "../../../../src/domain/traffic/parse.ts";
import type { ActionInputs } from "../action-process.ts";
import type { DeliveryCase } from "../case.ts";
import type { Stand } from "../stand.ts";
import { ingress, switchOf } from "./traffic-place.ts";

const arms = "stable: {service: web}\ncandidate: {service: web-candidate}";

function confirmAt(url: string, host = ""): string {
  return `confirm: {url: "${url}"${host}, header: x-sluice-release, candidate: web-candidate}`;
}

/** Gives the candidate a share, as a step of a ramp does. */
async function raise(stand: Stand, text: string, percent: number): Promise<void> {
  await (await switchOf(stand, mustParse(text))).setWeight(percent);
}

/** Deploys version 2 beside version 1, gives it a share, promotes and finishes it. Nothing may be lost. */
async function goThrough(stand: Stand, inputs: ActionInputs, percent: number): Promise<void> {
  const image = await stand.image("2");
  const second = { ...inputs, image, version: "2" };
  const gate = await stand.gate(image);
  await stand.mustPass("helm-deploy", second);
  await raise(stand, String(inputs.traffic), percent);
  await stand.mustPass("helm-deploy", { ...second, ...gate, phase: "promote" });
  await stand.mustPass("helm-deploy", { ...second, ...gate, phase: "finish" });
  assert.deepEqual(await stand.releases(), ["web"]);
}

/** A canary by a canary Ingress, through all phases of helm-deploy. */
async function playNginxCanary(stand: Stand): Promise<void> {
  await stand.apply(ingress(stand, "web", "web"));
  const traffic = `provider: nginx\nroute: {name: web}\n${arms}\n${confirmAt(`${stand.world.gatewayUrl}/`, `, host: ${stand.host}`)}`;
  // The identity needs the rules of the README's section beforehand.
  await switchOf(stand, mustParse(traffic));
  const inputs = { strategy: "canary", traffic };
  await stand.install("1", inputs);
  const prober = await stand.probe({ requestsPerSecond: 50 });
  await goThrough(stand, inputs, 15);
  const { lost, lostBy, total, arms: seen } = await prober.stop();
  assert.equal(lost, 0, `${JSON.stringify(lostBy)} of ${total}`);
  assert.deepEqual([...new Set(seen.map(({ version }) => version))].toSorted(), ["1", "2"]);
  const answers = await stand.answers(20);
  assert.deepEqual([...new Set(answers.map((one) => `${one?.release} ${one?.version}`))], ["web 2"]);
}

/** A canary by numbers of pods, behind a Service that selects both versions. */
async function playReplicasCanary(stand: Stand): Promise<void> {
  await stand.apply({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "front", namespace: stand.namespace },
    spec: { selector: { front: "web" }, ports: [{ name: "http", port: 80, targetPort: 8080 }] },
  });
  const address = await stand.kubectl("get", "service", "front", "-o", "jsonpath={.spec.clusterIP}");
  const traffic = `provider: replicas\nroute: {name: front}\n${arms}\n${confirmAt(`http://${address}/`)}`;
  const inputs = { strategy: "canary", traffic, set: "labels: {front: web}" };
  await stand.install("1", inputs);
  const image = await stand.image("2");
  const refused = await stand.run("helm-deploy", { ...inputs, image, version: "2" });
  assert.equal(refused.verdict, "fail");
  assert.match(refused.reasons[0] ?? "", /Deployment web-candidate must begin without pods/);
  stand.nextRun("failure");
  const prober = await stand.probe({ service: "front", requestsPerSecond: 50 });
  await goThrough(stand, { ...inputs, "candidate-set": "{replicas: 0}" }, 33);
  const { lost, lostBy, total } = await prober.stop();
  assert.equal(lost, 0, `${JSON.stringify(lostBy)} of ${total}`);
  const answers = await stand.answers(20, "front");
  assert.deepEqual([...new Set(answers.map((one) => `${one?.release} ${one?.version}`))], ["web 2"]);
}

function mustParse(text: string) {
  const traffic = parseTraffic(text);
  assert(traffic !== undefined);
  return traffic;
}

/** Canaries by other means than a route, through the phases of helm-deploy. */
export const canaryTrafficCases: readonly DeliveryCase[] = [
  { name: "traffic-nginx-canary", isShort: false, run: playNginxCanary },
  { name: "traffic-replicas-canary", isShort: false, run: playReplicasCanary },
];
