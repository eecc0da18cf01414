import assert from "node:assert/strict";
import { at, numberAt, textAt } from "../../../../src/core/json.ts";
import { ensureFront } from "../../../../src/platform/front-service.ts";
import type { DeliveryCase } from "../case.ts";
import type { Stand } from "../stand.ts";
import { canaryTrafficCases } from "./traffic-canaries.ts";
import { istioCases } from "./traffic-istio.ts";
import {
  deployerOf,
  ingress,
  installPair,
  installRelease,
  readObject,
  setAndCount,
  switchOf,
  trafficOf,
} from "./traffic-place.ts";

const prefix = "nginx.ingress.kubernetes.io";
const arms = "stable: {service: web}\ncandidate: {service: web-candidate}";
const nginx = `provider: nginx\nroute: {name: web}\n${arms}`;
const front = `provider: service\nroute: {name: front}\n${arms}`;

/** A canary Ingress of ours, from nothing to 15 %, everything, and idle again. */
async function playNginx(stand: Stand): Promise<void> {
  await stand.apply(ingress(stand, "web", "web", { [`${prefix}/proxy-body-size`]: "8m" }));
  await stand.mustAnswer();
  const traffic = await trafficOf(stand, nginx);
  const weight = await switchOf(stand, traffic);
  assert.equal(await weight.readWeight(), 0);
  assert.deepEqual(await weight.problems(15, 100), []);
  await setAndCount(traffic, weight, 0);
  await setAndCount(traffic, weight, 15);
  const made = await readObject(stand, "ingress", "web-canary");
  assert.equal(textAt(made, "metadata", "annotations", `${prefix}/proxy-body-size`), "8m");
  await setAndCount(traffic, weight, 100);
  await setAndCount(traffic, weight, 0);
  const idle = await readObject(stand, "ingress", "web-canary");
  assert.equal(textAt(idle, "metadata", "annotations", `${prefix}/canary-weight`), "0");
}

/** A front of ours, switched there and back under traffic that loses nothing. */
async function playService(stand: Stand): Promise<void> {
  const kubectl = await deployerOf(stand);
  const plain = await trafficOf(stand, front, "web");
  assert.equal(await ensureFront(kubectl, plain, stand.namespace, "stable"), "created");
  assert.equal(await ensureFront(kubectl, plain, stand.namespace, "candidate"), "there");
  const traffic = await trafficOf(stand, front, "front");
  const weight = await switchOf(stand, traffic);
  assert.equal(await weight.readWeight(), 0);
  const prober = await stand.probe({ service: "front", requestsPerSecond: 100 });
  for (const percent of [0, 100, 0, 100]) {
    await setAndCount(traffic, weight, percent);
    assert.equal(await weight.readWeight(), percent);
  }
  const { lost, lostBy, total } = await prober.stop();
  assert.equal(lost, 0, `${JSON.stringify(lostBy)} of ${total}`);
  await assert.rejects(weight.setWeight(5), /its weight must be 0 or 100, got 5/);
  await stand.kubectl("scale", "deployment/web", "--replicas=0");
  await stand.kubectl("wait", "--for=delete", "pod", "-l", "app.kubernetes.io/instance=web", "--timeout=60s");
  await assert.rejects(weight.setWeight(0), /Service web has no ready endpoint/);
  assert.equal(await weight.readWeight(), 100);
}

/** Somebody's own canary Ingress: header, cookie and total stay, and the header still leads to the candidate. */
async function playNginxHeaders(stand: Stand): Promise<void> {
  await installPair(stand);
  const own = {
    [`${prefix}/canary`]: "true",
    [`${prefix}/canary-by-header`]: "X-Try",
    [`${prefix}/canary-weight-total`]: "1000",
  };
  await stand.apply(ingress(stand, "web", "web"), ingress(stand, "web-next", "web-candidate", own));
  await stand.mustAnswer();
  const traffic = await trafficOf(stand, nginx);
  const weight = await switchOf(stand, traffic);
  await setAndCount(traffic, weight, 5);
  const after = await readObject(stand, "ingress", "web-next");
  assert.deepEqual(at(after, "metadata", "annotations"), { ...own, [`${prefix}/canary-weight`]: "50" });
  await setAndCount(traffic, weight, 0);
  const seen = await headerAnswer(stand, { "X-Try": "always" });
  assert.equal(seen, "web-candidate", "who asks for the candidate gets it at weight 0 too");
  // A second canary for the same host and path is somebody else's: there can be one.
  await stand.apply(ingress(stand, "other", "web", { [`${prefix}/canary`]: "true" }));
  await assert.rejects(weight.setWeight(5), /Ingress other is a canary of the same host and path/);
  assert.equal(await weight.readWeight(), 0);
}

async function headerAnswer(stand: Stand, headers: Readonly<Record<string, string>>): Promise<string> {
  const { request } = await import("node:http");
  return new Promise((resolve, reject) => {
    const call = request(`${stand.world.gatewayUrl}/`, {
      agent: false,
      headers: { ...headers, host: stand.host },
    });
    call.on("error", reject);
    call.on("response", (response) => {
      response.resume();
      resolve(String(response.headers["x-sluice-release"]));
    });
    call.end();
  });
}

/** A route with another backend and two rules: the candidate is added, the rest stays, the other keeps its share. */
async function playGateway(stand: Stand): Promise<void> {
  await Promise.all([installPair(stand), installRelease(stand, "other", { version: "3" })]);
  const backend = (name: string, weight?: number) => ({
    name,
    port: 80,
    ...(weight === undefined ? {} : { weight }),
  });
  await stand.apply({
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: "web", namespace: stand.namespace },
    spec: {
      parentRefs: [{ name: "gateway", namespace: "gateway" }],
      hostnames: [stand.host],
      rules: [
        {
          matches: [{ path: { type: "PathPrefix", value: "/plain" } }],
          backendRefs: [backend("web")],
          timeouts: { request: "10s" },
        },
        { backendRefs: [backend("web", 200), backend("other", 100)] },
      ],
    },
  });
  await stand.mustAnswer();
  const traffic = await trafficOf(stand, `provider: gateway\nroute: {name: web}\n${arms}`);
  const weight = await switchOf(stand, traffic);
  assert.deepEqual(await weight.problems(25), []);
  const before = await readObject(stand, "httproute", "web");
  assert.equal((await weight.setWeight(25)).percent, 25);
  const after = await readObject(stand, "httproute", "web");
  const added = { group: "", kind: "Service", name: "web-candidate", port: 80 };
  assert.deepEqual(at(after, "spec", "rules", 0, "backendRefs", 1), { ...added, weight: 25 });
  assert.deepEqual(at(after, "spec", "rules", 1, "backendRefs", 2), { ...added, weight: 50 });
  assert.deepEqual(at(after, "spec", "rules", 0, "timeouts"), at(before, "spec", "rules", 0, "timeouts"));
  assert.deepEqual(
    at(after, "spec", "rules", 1, "backendRefs", 1),
    at(before, "spec", "rules", 1, "backendRefs", 1),
  );
  // 50 of the rule's 300, while the other backend goes on with its third.
  const answers = await stand.answers(300);
  const share = (release: string) => answers.filter((one) => one?.release === release).length;
  assert(Math.abs(share("web-candidate") - 50) <= 5, `${share("web-candidate")} of 300`);
  assert(Math.abs(share("other") - 100) <= 5, `${share("other")} of 300`);
  await assert.rejects(weight.setWeight(101), /Weight must be a whole number from 0 to 100/);
  await weight.setWeight(0);
  assert.equal((await stand.answers(100)).filter((one) => one?.release === "web-candidate").length, 0);
}

/** A GRPCRoute, with the conditions that a real gateway sets on it. */
async function playGrpc(stand: Stand): Promise<void> {
  await installPair(stand);
  await stand.apply({
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "GRPCRoute",
    metadata: { name: "web", namespace: stand.namespace },
    spec: {
      parentRefs: [{ name: "gateway", namespace: "gateway" }],
      hostnames: [stand.host],
      rules: [
        { backendRefs: [{ name: "web", port: 80 }] },
        { backendRefs: [{ name: "web", port: 80, weight: 5 }] },
      ],
    },
  });
  const traffic = await trafficOf(stand, `provider: gateway\nroute: {kind: GRPCRoute, name: web}\n${arms}`);
  const weight = await switchOf(stand, traffic);
  const set = await weight.setWeight(15);
  assert.equal(set.sentence, "weight 15 % accepted by the gateways of GRPCRoute web");
  const after = await readObject(stand, "grpcroute", "web");
  for (const rule of [0, 1]) {
    assert.deepEqual(
      [0, 1].map((index) => numberAt(after, "spec", "rules", rule, "backendRefs", index, "weight")),
      [85, 15],
    );
  }
  await weight.setWeight(0);
  assert.equal(await weight.readWeight(), 0);
}

/** Shares by numbers of pods, counted at the Service's own address over new connections. */
async function playReplicas(stand: Stand): Promise<void> {
  await Promise.all([
    installRelease(stand, "web", { version: "1", replicas: 4 }),
    installRelease(stand, "web-candidate", { version: "2", replicas: 0 }),
  ]);
  const selector = { "app.kubernetes.io/name": await nameLabel(stand) };
  await stand.apply({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "front", namespace: stand.namespace },
    spec: { selector, ports: [{ name: "http", port: 80, targetPort: 8080 }] },
  });
  const traffic = await trafficOf(stand, `provider: replicas\nroute: {name: front}\n${arms}`, "front");
  const weight = await switchOf(stand, traffic);
  assert.equal(await weight.readWeight(), 0);
  assert.match((await weight.problems(1))[0] ?? "", /1 % beside 4 pods: possible are 20, 33/);
  await assert.rejects(weight.setWeight(1), /possible are 20, 33/);
  const prober = await stand.probe({ service: "front", requestsPerSecond: 50 });
  assert.equal((await setAndCount(traffic, weight, 20)).percent, 20);
  const third = await setAndCount(traffic, weight, 34);
  assert(Math.abs(third.percent - 33.3) < 0.1, third.sentence);
  // An autoscaler has moved the stable version: the share is what is there, until it is set anew.
  await stand.kubectl("scale", "deployment/web", "--replicas=2");
  await stand.kubectl("wait", "--for=jsonpath={.status.replicas}=2", "deployment/web", "--timeout=60s");
  assert.equal(await weight.readWeight(), 50);
  await setAndCount(traffic, weight, 34);
  await setAndCount(traffic, weight, 0);
  const { lost, lostBy, total } = await prober.stop();
  assert.equal(lost, 0, `${JSON.stringify(lostBy)} of ${total}`);
}

async function nameLabel(stand: Stand): Promise<string> {
  const service = await readObject(stand, "service", "web");
  return textAt(service, "spec", "selector", "app.kubernetes.io/name") ?? "";
}

/** Every provider's way of giving the candidate a share. */
export const trafficCases: readonly DeliveryCase[] = [
  {
    name: "traffic-nginx-and-service",
    isShort: true,
    run: async (stand) => {
      await installPair(stand);
      await playNginx(stand);
      await playService(stand);
    },
  },
  { name: "traffic-nginx-headers", isShort: false, run: playNginxHeaders },
  { name: "traffic-gateway", isShort: false, run: playGateway },
  { name: "traffic-grpc", isShort: false, run: playGrpc },
  { name: "traffic-replicas", isShort: false, run: playReplicas },
  ...canaryTrafficCases,
  ...istioCases,
];
