import { expect, test } from "vitest";
import { at, listAt, textAt } from "../../src/core/json.ts";
import type { IstioTraffic } from "../../src/domain/traffic/traffic.ts";
import { trafficSwitch } from "../../src/platform/traffic.ts";
import { istioSwitch } from "../../src/platform/traffic-istio.ts";
import { type Behaviour, type Given, serviceWith, slice, trafficObjects } from "./traffic-objects.ts";

const traffic: IstioTraffic = {
  provider: "istio",
  route: { kind: "VirtualService", name: "web" },
  stable: { service: "web", subset: "stable" },
  candidate: { service: "web", subset: "candidate" },
};

const hosts: IstioTraffic = {
  ...traffic,
  stable: { service: "web" },
  candidate: { service: "web-candidate" },
};

const route = (...destinations: readonly object[]): Given => ({
  kind: "VirtualService",
  metadata: { name: "web" },
  spec: { hosts: ["web"], http: [{ route: destinations }] },
});

const rule: Given = {
  kind: "DestinationRule",
  metadata: { name: "web" },
  spec: {
    host: "web",
    subsets: [
      { name: "stable", labels: { track: "stable" }, trafficPolicy: { loadBalancer: { simple: "RANDOM" } } },
    ],
  },
};

const pod = (name: string, track: string): Given => ({
  kind: "Pod",
  metadata: { name, labels: { app: "web", track } },
});

const pods = [pod("s1", "stable"), pod("c1", "candidate"), slice("web", ["s1", "c1"])];
const bySubset = route({ destination: { host: "web", subset: "stable" } });

function world(given: readonly Given[], behaviour: Behaviour = {}) {
  const services = [...serviceWith("web", ["s1"]), ...serviceWith("web-candidate", ["c1"])];
  const fake = trafficObjects([...services, ...given], behaviour);
  const place = { cluster: fake.cluster, traffic, namespace: "shop", routeNamespace: "shop" };
  return { ...fake, weight: istioSwitch(place, { propagationMs: 20 }) };
}

const subsetsOf = (object: unknown) => listAt(object, "spec", "subsets").map((one) => textAt(one, "name"));
const weightsOf = (object: unknown) =>
  listAt(object, "spec", "http", 0, "route").map((one) => at(one, "weight"));

test("two hosts share by weights, and the sentence says that Istio keeps no condition", async () => {
  const { cluster, objects } = world([route({ destination: { host: "web" } })]);
  const weight = trafficSwitch(cluster, hosts, "shop");
  expect(await weight.readWeight()).toBe(0);
  expect(await weight.setWeight(15)).toEqual({
    percent: 15,
    sentence: "weight 15 % written, and Istio keeps no condition to wait for, on VirtualService web",
  });
  expect(weightsOf(objects.find("virtualservices", "web"))).toEqual([85, 15]);
});

test("a subset is made before it is routed to, and removed after", async () => {
  const { weight, objects, patches } = world([bySubset, rule, ...pods]);
  await weight.setWeight(15);
  expect(patches.map((patch) => patch.at(1)?.path)).toEqual([
    "/spec/subsets/-",
    "/spec/http/0/route/0/destination/host",
  ]);
  expect(at(objects.find("destinationrules", "web"), "spec", "subsets", 1)).toEqual({
    name: "candidate",
    labels: { track: "candidate" },
    trafficPolicy: { loadBalancer: { simple: "RANDOM" } },
  });
  expect(await weight.readWeight()).toBe(15);
  const home = await weight.setWeight(0);
  expect(home.sentence).toContain("; subset candidate is removed");
  expect(subsetsOf(objects.find("destinationrules", "web"))).toEqual(["stable"]);
  expect(weightsOf(objects.find("virtualservices", "web"))).toEqual([100, 0]);
});

test("a subset that was there before is used and stays", async () => {
  const both = {
    ...rule,
    spec: {
      host: "web",
      subsets: [
        { name: "stable", labels: { track: "stable" } },
        { name: "candidate", labels: { track: "candidate" } },
      ],
    },
  };
  const { weight, objects, patches } = world([bySubset, both, ...pods]);
  await weight.setWeight(15);
  await weight.setWeight(0);
  expect(subsetsOf(objects.find("destinationrules", "web"))).toEqual(["stable", "candidate"]);
  expect(patches).toHaveLength(2);
});

test("a subset stays where there is no time left to remove it, and traffic is home all the same", async () => {
  const { cluster, objects } = world([bySubset, rule, ...pods]);
  const place = { cluster, traffic, namespace: "shop", routeNamespace: "shop" };
  await istioSwitch(place, { propagationMs: 1 }).setWeight(15);
  const home = await istioSwitch(place, { propagationMs: 60_000 }).setWeight(0, { budgetMs: 1000 });
  expect(home).toMatchObject({ percent: 0, sentence: expect.stringContaining("stays for want of time") });
  expect(subsetsOf(objects.find("destinationrules", "web"))).toEqual(["stable", "candidate"]);
});

test.each([
  {
    name: "no DestinationRule",
    given: [bySubset, ...pods],
    says: "Traffic cannot go to web (subset stable): there is no DestinationRule for it",
  },
  {
    name: "a DestinationRule without the stable subset",
    given: [bySubset, { ...rule, spec: { host: "web", subsets: [] } }, ...pods],
    says: "Traffic cannot go to web (subset stable): its DestinationRule has no such subset",
  },
  {
    name: "two DestinationRules",
    given: [bySubset, rule, { ...rule, metadata: { name: "web-2" } }, ...pods],
    says: "Service web must have one DestinationRule with its subsets: got web, web-2",
  },
  {
    name: "pods that are all the stable subset's",
    given: [bySubset, rule, pod("s1", "stable")],
    says: "Subset candidate was not made: every pod of Service web is the stable subset's",
  },
  {
    name: "pods of two other versions",
    given: [bySubset, rule, pod("c1", "candidate"), pod("d1", "older")],
    says: "do not agree on label track",
  },
])("a subset is refused with $name, before anything changes", async ({ given, says }) => {
  const { weight, patches } = world(given);
  await expect(weight.setWeight(15)).rejects.toThrow(says);
  expect(patches).toEqual([]);
});

test("no share goes to a subset without a ready pod", async () => {
  const { weight, objects } = world([bySubset, rule, ...pods, slice("web", ["s1"], ["c1"])]);
  await expect(weight.setWeight(15)).rejects.toThrow(
    "Weight 15 was not set: web (subset candidate) has no ready pod",
  );
  expect(weightsOf(objects.find("virtualservices", "web"))).toEqual([undefined]);
});

test("setWeight() waits for a status where Istio keeps one", async () => {
  const status = { observedGeneration: "1" };
  const held = { ...route({ destination: { host: "web" } }), status };
  const { cluster } = world([held]);
  const setting = trafficSwitch(cluster, hosts, "shop").setWeight(15, { budgetMs: 300 });
  await expect(setting).rejects.toThrow(
    "VirtualService web was given weight 15, but not accepted in time: Istio has not seen generation 2",
  );
});

test("weight 0 is taken where Istio finds an error: the candidate may be gone", async () => {
  const controllers: Behaviour["controllers"] = (objects) => {
    const held = objects.find("virtualservices", "web");
    if (held === undefined) return;
    const validationMessages = [{ level: "ERROR", type: { code: "IST0101" } }];
    held["status"] = { observedGeneration: held.metadata["generation"], validationMessages };
  };
  const pair = route(
    { destination: { host: "web" }, weight: 50 },
    { destination: { host: "web-candidate" }, weight: 50 },
  );
  const { cluster } = world([pair], { controllers });
  const weight = trafficSwitch(cluster, hosts, "shop");
  await expect(weight.setWeight(60, { budgetMs: 300 })).rejects.toThrow("Istio finds an error: IST0101");
  expect((await weight.setWeight(0)).sentence).toBe("weight 0 % seen by Istio on VirtualService web");
});
