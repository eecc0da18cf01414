import { expect, test } from "vitest";
import { at, numberAt } from "../../src/core/json.ts";
import type { Traffic } from "../../src/domain/traffic/traffic.ts";
import { trafficSwitch } from "../../src/platform/traffic.ts";
import { type Behaviour, type Given, serviceWith, trafficObjects } from "./traffic-objects.ts";

const traffic: Traffic = {
  provider: "gateway",
  route: { kind: "HTTPRoute", name: "web" },
  stable: { service: "web" },
  candidate: { service: "web-candidate" },
};

interface World {
  readonly weights?: readonly [number, number?];
  /** Services with ready endpoints. */
  readonly ready?: readonly string[];
  /** Services that exist. */
  readonly services?: readonly string[];
  /** Changes by somebody else, one before each of our patches. */
  readonly othersChanges?: number;
  /** Whether the gateway answers a new generation, and how. */
  readonly answers?: "accepted" | "never" | "missing-backend";
}

/** A cluster with one route and a gateway that says what it thinks of each generation. */
function fakeCluster(world: World) {
  const { weights = [100, 0], ready = ["web", "web-candidate"], answers = "accepted" } = world;
  const services = world.services ?? ["web", "web-candidate"];
  const refs = ["web", "web-candidate"].flatMap((name, index) =>
    weights[index] === undefined ? [] : [{ name, port: 80, weight: weights[index] }],
  );
  const route: Given = {
    kind: "HTTPRoute",
    metadata: { name: "web" },
    spec: { parentRefs: [{ name: "edge" }], rules: [{ backendRefs: refs }] },
  };
  const controllers: Behaviour["controllers"] = (objects) => {
    const held = objects.find("httproutes", "web");
    if (held === undefined) return;
    const generation = answers === "never" ? 0 : numberAt(held, "metadata", "generation");
    const conditions = ["Accepted", "ResolvedRefs"].map((type) => {
      const isMissing = answers === "missing-backend" && type === "ResolvedRefs";
      const said = isMissing ? { status: "False", reason: "BackendNotFound" } : { status: "True" };
      return { type, observedGeneration: generation, ...said };
    });
    held["status"] = { parents: [{ parentRef: { name: "edge" }, conditions }] };
  };
  const { othersChanges = 0 } = world;
  const given = services.flatMap((name) => serviceWith(name, ready.includes(name) ? [`${name}-1`] : []));
  const fake = trafficObjects([route, ...given], { controllers, othersChanges });
  const list = () =>
    at(fake.objects.find("httproutes", "web"), "spec", "rules", 0, "backendRefs") as { weight: number }[];
  return { ...fake, weights: () => list().map((ref) => ref.weight) };
}

test("trafficSwitch() sets a weight and reads it back", async () => {
  const { cluster, weights } = fakeCluster({});
  const weight = trafficSwitch(cluster, traffic, "shop");
  await weight.setWeight(15);
  expect(weights()).toEqual([85, 15]);
  expect(await weight.readWeight()).toBe(15);
});

test("setWeight() tells the share that was reached and who accepted it", async () => {
  const { cluster } = fakeCluster({});
  expect(await trafficSwitch(cluster, traffic, "shop").setWeight(15)).toEqual({
    percent: 15,
    sentence: "weight 15 % accepted by the gateways of HTTPRoute web",
  });
});

test("setWeight() names a missing candidate with weight 0 and has that accepted before it gets a share", async () => {
  const { cluster, patches, weights } = fakeCluster({ weights: [1] });
  await trafficSwitch(cluster, traffic, "shop").setWeight(15);
  expect(weights()).toEqual([85, 15]);
  const added = { group: "", kind: "Service", name: "web-candidate", port: 80, weight: 0 };
  expect(patches.map((patch) => patch.at(-1)?.value)).toEqual([added, 15]);
});

test("setWeight() leaves a new backend at weight 0 when the gateway does not resolve it", async () => {
  const { cluster, weights } = fakeCluster({ weights: [1], answers: "missing-backend" });
  const setting = trafficSwitch(cluster, traffic, "shop").setWeight(15, { budgetMs: 300 });
  await expect(setting).rejects.toThrow("BackendNotFound");
  expect(weights()).toEqual([1, 0]);
});

test("setWeight() does not take a candidate that serves everybody away for a stable version without pods", async () => {
  const { cluster, patches } = fakeCluster({ weights: [0, 100], ready: ["web-candidate"] });
  await expect(trafficSwitch(cluster, traffic, "shop").setWeight(0)).rejects.toThrow(
    "Weight 0 was not set: Service web has no ready endpoint",
  );
  expect(patches).toEqual([]);
});

test("setWeight() reads again and tries again when somebody else changed the route", async () => {
  const { cluster, weights } = fakeCluster({ othersChanges: 2 });
  await trafficSwitch(cluster, traffic, "shop").setWeight(5);
  expect(weights()).toEqual([95, 5]);
});

test("setWeight() gives up when the route never stands still", async () => {
  const { cluster } = fakeCluster({ othersChanges: Number.POSITIVE_INFINITY });
  const setting = trafficSwitch(cluster, traffic, "shop").setWeight(5, { budgetMs: 700 });
  await expect(setting).rejects.toThrow("test of /metadata/resourceVersion failed");
});

test("setWeight() writes nothing when the weight is there already", async () => {
  const { cluster, patches } = fakeCluster({ weights: [95, 5] });
  await trafficSwitch(cluster, traffic, "shop").setWeight(5);
  expect(patches).toEqual([]);
});

test.each([
  {
    name: "a candidate without a ready endpoint",
    ready: ["web"],
    percent: 5,
    says: "Service web-candidate has no ready endpoint",
  },
  {
    name: "a stable version without a ready endpoint",
    ready: ["web-candidate"],
    percent: 5,
    says: "Service web has no ready endpoint",
  },
])("setWeight() refuses $name before it changes anything", async ({ ready, percent, says }) => {
  const { cluster, patches } = fakeCluster({ ready });
  await expect(trafficSwitch(cluster, traffic, "shop").setWeight(percent)).rejects.toThrow(says);
  expect(patches).toEqual([]);
});

test("setWeight() takes traffic away from a candidate that has no endpoint", async () => {
  const { cluster, weights } = fakeCluster({ weights: [50, 50], ready: ["web"] });
  await trafficSwitch(cluster, traffic, "shop").setWeight(0);
  expect(weights()).toEqual([100, 0]);
});

test("setWeight() says what the gateway did not accept", async () => {
  const { cluster } = fakeCluster({ answers: "never" });
  const setting = trafficSwitch(cluster, traffic, "shop").setWeight(5, { budgetMs: 300 });
  await expect(setting).rejects.toThrow(
    "HTTPRoute web was given weight 5, but not accepted in time: Gateway edge has not seen generation 2 (Accepted)",
  );
});

test.each([
  { name: "takes weight 0 where only the candidate is not installed", services: ["web"], isTaken: true },
  { name: "does not take weight 0 where the stable Service is missing", services: [], isTaken: false },
])("setWeight() $name", async ({ services, isTaken }) => {
  const { cluster } = fakeCluster({ weights: [50, 50], services, answers: "missing-backend" });
  const setting = trafficSwitch(cluster, traffic, "shop").setWeight(0, { budgetMs: 300 });
  if (isTaken) await expect(setting).resolves.toMatchObject({ percent: 0 });
  else await expect(setting).rejects.toThrow("BackendNotFound");
});

test.each([
  { name: "takes weight 100 where the other colour is removed", services: ["web-candidate"], isTaken: true },
  {
    name: "does not take weight 50 where a Service is missing",
    services: ["web-candidate"],
    percent: 50,
    isTaken: false,
  },
])("setWeight() $name", async ({ services, percent = 100, isTaken }) => {
  const ready = ["web", "web-candidate"];
  const { cluster } = fakeCluster({ weights: [0, 100], services, ready, answers: "missing-backend" });
  const setting = trafficSwitch(cluster, traffic, "shop").setWeight(percent, { budgetMs: 300 });
  if (isTaken) await expect(setting).resolves.toMatchObject({ percent: 100 });
  else await expect(setting).rejects.toThrow("Service web has no ready endpoint");
});

test("trafficSwitch() names a route that is not there", async () => {
  const { cluster } = fakeCluster({});
  const elsewhere = { ...traffic, route: { ...traffic.route, name: "shop" } };
  await expect(trafficSwitch(cluster, elsewhere, "shop").readWeight()).rejects.toThrow(
    'Input "traffic" names HTTPRoute shop: there is none in shop',
  );
});
