import { expect, test } from "vitest";
import { at, isRecord } from "../../src/core/json.ts";
import type { Traffic } from "../../src/domain/traffic/traffic.ts";
import type { PatchOperation } from "../../src/domain/traffic/weight-patch.ts";
import { type TrafficCluster, trafficSwitch } from "../../src/platform/traffic.ts";

const traffic: Traffic = {
  provider: "gateway",
  route: { kind: "HTTPRoute", name: "web" },
  stable: { service: "web" },
  candidate: { service: "web-candidate" },
};

interface World {
  readonly weights?: readonly [number, number];
  /** Services with ready endpoints. */
  readonly ready?: readonly string[];
  /** Services that exist. */
  readonly services?: readonly string[];
  /** Changes by somebody else, one before each of our patches. */
  readonly othersChanges?: number;
  /** Whether the gateway answers a new generation, and how. */
  readonly answers?: "accepted" | "never" | "missing-backend";
}

/** A cluster with one route, that keeps resource versions and checks the tests of a patch as the API server does. */
function fakeCluster(world: World) {
  const { weights = [100, 0], ready = ["web", "web-candidate"], answers = "accepted" } = world;
  const services = world.services ?? ["web", "web-candidate"];
  let others = world.othersChanges ?? 0;
  let version = 1;
  const refs = ["web", "web-candidate"].map((name, index) => ({ name, weight: weights[index] }));
  const patches: (readonly PatchOperation[])[] = [];
  const conditions = (generation: number) =>
    ["Accepted", "ResolvedRefs"].map((type) => {
      const isMissing = answers === "missing-backend" && type === "ResolvedRefs";
      const said = isMissing ? { status: "False", reason: "BackendNotFound" } : { status: "True" };
      return { type, observedGeneration: answers === "never" ? 0 : generation, ...said };
    });
  const route = () => ({
    metadata: { name: "web", namespace: "shop", resourceVersion: `${version}`, generation: version },
    spec: { parentRefs: [{ name: "edge" }], rules: [{ backendRefs: refs }] },
    status: { parents: [{ parentRef: { name: "edge" }, conditions: conditions(version) }] },
  });
  const cluster: TrafficCluster = {
    get: async (kind, name) => {
      if (kind === "httproutes.gateway.networking.k8s.io") return name === "web" ? route() : undefined;
      return services.includes(name) ? {} : undefined;
    },
    list: async (_kind, _namespace, selector = "") => {
      const service = selector.split("=")[1] ?? "";
      return [{ endpoints: [{ conditions: { ready: ready.includes(service) } }] }];
    },
    patch: async (_kind, _name, _namespace, { patch }) => {
      if (others-- > 0) version++;
      for (const { op, path, value } of patch) {
        const steps = path
          .slice(1)
          .split("/")
          .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
        if (op === "test" && at(route(), ...steps) !== value) throw new Error(`test of ${path} failed`);
        const holder = at({ spec: { rules: [{ backendRefs: refs }] } }, ...steps.slice(0, -1));
        if (op === "add" && isRecord(holder)) Object.assign(holder, { weight: value });
      }
      patches.push(patch);
      version++;
      return route();
    },
  };
  return { cluster, patches, weights: () => refs.map((ref) => ref.weight) };
}

test("trafficSwitch() sets a weight and reads it back", async () => {
  const { cluster, weights } = fakeCluster({});
  const weight = trafficSwitch(cluster, traffic, "shop");
  await weight.setWeight(15);
  expect(weights()).toEqual([85, 15]);
  expect(await weight.readWeight()).toBe(15);
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
  if (isTaken) await expect(setting).resolves.toBeUndefined();
  else await expect(setting).rejects.toThrow("BackendNotFound");
});

test("trafficSwitch() names a route that is not there", async () => {
  const { cluster } = fakeCluster({});
  const elsewhere = { ...traffic, route: { ...traffic.route, name: "shop" } };
  await expect(trafficSwitch(cluster, elsewhere, "shop").readWeight()).rejects.toThrow(
    'Input "traffic" names HTTPRoute shop: there is none in shop',
  );
});
