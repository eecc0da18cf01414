import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { at, listAt, numberAt, textAt } from "../../../../src/core/json.ts";
import { prepareIstioDefinitions } from "../../../../src/rehearsal/parts/prepare.ts";
import type { DeliveryCase } from "../case.ts";
import type { Stand } from "../stand.ts";
import { installPair, readObject, switchOf, trafficOf } from "./traffic-place.ts";

const group = "networking.istio.io";

/** Istio's definitions of the two kinds, which the API server then holds objects to. Nobody acts on the objects. */
async function define(stand: Stand): Promise<void> {
  const folder = await prepareIstioDefinitions((line) => console.log(line));
  const kinds = ["virtualservices", "destinationrules"].map((kind) => `${kind}.${group}`);
  const files = await Promise.all(
    (await readdir(folder)).map((name) => readFile(join(folder, name), "utf8")),
  );
  const all = files.flatMap((text) => text.split(/^---$/m));
  const wanted = all.filter((text) => kinds.some((kind) => text.includes(`\n  name: ${kind}\n`)));
  assert.equal(wanted.length, kinds.length);
  await applyText(stand, wanted.join("---\n"));
  const definitions = kinds.map((kind) => `crd/${kind}`);
  // By a path: a definition of this moment has no conditions yet, which kubectl takes for an error.
  const established = '--for=jsonpath={.status.conditions[?(@.type=="Established")].status}=True';
  await stand.kubectl("wait", established, "--timeout=60s", ...definitions);
}

/** Without a description of every kind, which takes long after new ones were defined: the server checks all the same. */
async function applyText(stand: Stand, text: string): Promise<void> {
  const file = join(stand.folder, "objects.yaml");
  await writeFile(file, text);
  await stand.kubectl("apply", "--server-side", "--force-conflicts", "--validate=false", "-f", file);
}

const applyBare = (stand: Stand, ...items: readonly unknown[]) =>
  applyText(stand, JSON.stringify({ apiVersion: "v1", kind: "List", items }));

const virtualService = (stand: Stand, http: readonly object[], more: object = {}) => ({
  apiVersion: `${group}/v1`,
  kind: "VirtualService",
  metadata: { name: "web", namespace: stand.namespace },
  spec: { hosts: ["shop.example"], http, ...more },
});

const to = (host: string, subset?: string) => ({ host, ...(subset === undefined ? {} : { subset }) });

function weightsOf(object: unknown, protocol: string, index = 0): readonly (number | undefined)[] {
  return listAt(object, "spec", protocol, index, "route").map((one) => numberAt(one, "weight"));
}

/** Two hosts, in an http route with a third destination and in a tcp route. */
async function playHosts(stand: Stand): Promise<void> {
  await applyBare(
    stand,
    virtualService(
      stand,
      [
        {
          name: "main",
          match: [{ uri: { prefix: "/" } }],
          route: [
            { destination: to("web"), weight: 80 },
            { destination: to("legacy.elsewhere.svc.cluster.local"), weight: 20 },
          ],
          retries: { attempts: 2 },
        },
      ],
      { tcp: [{ match: [{ port: 9000 }], route: [{ destination: to("web") }] }] },
    ),
  );
  const text =
    "provider: istio\nroute: {name: web}\nstable: {service: web}\ncandidate: {service: web-candidate}";
  const weight = await switchOf(stand, await trafficOf(stand, text));
  const before = await readObject(stand, "virtualservice", "web");
  const set = await weight.setWeight(25);
  assert.match(set.sentence, /weight 25 % written, and Istio keeps no condition to wait for/);
  const after = await readObject(stand, "virtualservice", "web");
  assert.deepEqual(weightsOf(after, "http"), [60, 20, 20]);
  assert.deepEqual(weightsOf(after, "tcp"), [75, 25]);
  assert.deepEqual(at(after, "spec", "http", 0, "retries"), at(before, "spec", "http", 0, "retries"));
  assert.deepEqual(at(after, "spec", "hosts"), at(before, "spec", "hosts"));
  await weight.setWeight(0);
  assert.deepEqual(weightsOf(await readObject(stand, "virtualservice", "web"), "http"), [80, 20, 0]);
  // As Istio would, where its status is switched on: it has seen a generation that is no longer the present one.
  const status = JSON.stringify({ status: { observedGeneration: 1 } });
  await stand.kubectl("patch", "virtualservice", "web", "--subresource=status", "--type=merge", "-p", status);
  await assert.rejects(
    weight.setWeight(5, { budgetMs: 3000 }),
    /not accepted in time: Istio has not seen generation/,
  );
}

/** One host with two subsets: the candidate's comes and goes with its share. */
async function playSubsets(stand: Stand): Promise<void> {
  const shared = textAt(
    await readObject(stand, "service", "web"),
    "spec",
    "selector",
    "app.kubernetes.io/name",
  );
  const labels = { "app.kubernetes.io/instance": "web" };
  await applyBare(
    stand,
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "shop", namespace: stand.namespace },
      spec: {
        selector: { "app.kubernetes.io/name": shared },
        ports: [{ name: "http", port: 80, targetPort: 8080 }],
      },
    },
    {
      apiVersion: `${group}/v1`,
      kind: "DestinationRule",
      metadata: { name: "shop", namespace: stand.namespace },
      spec: { host: "shop", subsets: [{ name: "stable", labels }] },
    },
    {
      ...virtualService(stand, [{ route: [{ destination: to("shop", "stable") }] }]),
      metadata: { name: "shop", namespace: stand.namespace },
    },
  );
  const sides = "stable: {service: shop, subset: stable}\ncandidate: {service: shop, subset: candidate}";
  const weight = await switchOf(
    stand,
    await trafficOf(stand, `provider: istio\nroute: {name: shop}\n${sides}`),
  );
  assert.equal((await weight.setWeight(15, { budgetMs: 60_000 })).percent, 15);
  const rule = await readObject(stand, "destinationrule", "shop");
  assert.deepEqual(at(rule, "spec", "subsets", 1), {
    name: "candidate",
    labels: { "app.kubernetes.io/instance": "web-candidate" },
  });
  assert.deepEqual(weightsOf(await readObject(stand, "virtualservice", "shop"), "http"), [85, 15]);
  const home = await weight.setWeight(0, { budgetMs: 60_000 });
  assert.match(home.sentence, /subset candidate is removed/);
  const after = await readObject(stand, "destinationrule", "shop");
  assert.deepEqual(
    listAt(after, "spec", "subsets").map((one) => textAt(one, "name")),
    ["stable"],
  );
  assert.equal(await weight.readWeight(), 0);
}

/** Istio's objects in a real API server. What Istio makes of them is not tried here: tables of the domain say it. */
export const istioCases: readonly DeliveryCase[] = [
  {
    name: "traffic-istio",
    isShort: false,
    run: async (stand) => {
      await Promise.all([define(stand), installPair(stand, { stable: 1, candidate: 1 })]);
      await playHosts(stand);
      await playSubsets(stand);
    },
  },
];
