import { expect, test } from "vitest";
import { at, isRecord } from "../../src/core/json.ts";
import type { ServiceTraffic } from "../../src/domain/traffic/traffic.ts";
import { ensureFront } from "../../src/platform/front-service.ts";
import { trafficSwitch } from "../../src/platform/traffic.ts";
import { type Behaviour, type Given, serviceWith, slice, trafficObjects } from "./traffic-objects.ts";

const traffic: ServiceTraffic = {
  provider: "service",
  route: { kind: "Service", name: "web" },
  stable: { service: "web-blue" },
  candidate: { service: "web-green" },
};

/** The endpoint slice controller: the front has the endpoints of the pods that it selects. */
const controllers: Behaviour["controllers"] = (objects) => {
  const app = at(objects.find("services", "web"), "spec", "selector", "app");
  const pods = at(objects.find("endpointslices", `${app}-1`), "endpoints");
  const front = objects.find("endpointslices", "web-1");
  if (front !== undefined && pods !== undefined) front["endpoints"] = pods;
};

const front = (selector: Readonly<Record<string, string>> | undefined, metadata = {}): Given => ({
  kind: "Service",
  metadata: { name: "web", ...metadata },
  spec: { ports: [{ port: 80 }], ...(selector === undefined ? {} : { selector }), sessionAffinity: "None" },
});

function world(given: readonly Given[] = [], behaviour: Behaviour = { controllers }) {
  const both = [...serviceWith("web-blue", ["b1", "b2"]), ...serviceWith("web-green", ["g1"])];
  return trafficObjects(
    [...both, front({ app: "web-blue" }), slice("web", ["b1", "b2"]), ...given],
    behaviour,
  );
}

test("the selector switch sends all traffic to the candidate by one guarded patch", async () => {
  const { cluster, patches, objects } = world();
  const weight = trafficSwitch(cluster, traffic, "shop");
  expect(await weight.readWeight()).toBe(0);
  const version = at(objects.find("services", "web"), "metadata", "resourceVersion");
  expect(await weight.setWeight(100)).toEqual({
    percent: 100,
    sentence: "Service web selects the pods of web-green",
  });
  expect(patches).toEqual([
    [
      { op: "test", path: "/metadata/resourceVersion", value: version },
      { op: "test", path: "/spec/selector", value: { app: "web-blue" } },
      { op: "add", path: "/spec/selector", value: { app: "web-green" } },
    ],
  ]);
  expect(await weight.readWeight()).toBe(100);
  await weight.setWeight(0);
  expect(await weight.readWeight()).toBe(0);
});

test("the selector switch changes nothing else of the front", async () => {
  const { cluster, objects } = world();
  const before = structuredClone(at(objects.find("services", "web"), "spec"));
  await trafficSwitch(cluster, traffic, "shop").setWeight(100);
  const after = at(objects.find("services", "web"), "spec");
  expect(isRecord(before) && isRecord(after)).toBe(true);
  expect(after).toEqual({ ...(before as object), selector: { app: "web-green" } });
});

test("the selector switch writes nothing where the arm serves already", async () => {
  const { cluster, patches } = world();
  await trafficSwitch(cluster, traffic, "shop").setWeight(0);
  expect(patches).toEqual([]);
});

test("the selector switch tries again when somebody else changed the front", async () => {
  const { cluster } = world([], { controllers, othersChanges: 2 });
  await trafficSwitch(cluster, traffic, "shop").setWeight(100);
  expect(await trafficSwitch(cluster, traffic, "shop").readWeight()).toBe(100);
});

test.each([
  { name: "a share", percent: 5, given: [], says: "its weight must be 0 or 100, got 5" },
  {
    name: "an arm without a ready pod",
    percent: 100,
    given: [slice("web-green", [], ["g1"])],
    says: "Weight 100 was not set: Service web-green has no ready endpoint",
  },
  {
    name: "arms that select the same pods",
    percent: 100,
    given: [...serviceWith("web-green", ["g1"], { app: "web-blue" })],
    says: "Service web-blue selects app=web-blue and so the pods of web-green too",
  },
  {
    name: "an arm that selects the other's pods too",
    percent: 100,
    given: [...serviceWith("web-green", ["g1"], { app: "web-blue", colour: "green" })],
    says: "Service web-blue selects app=web-blue and so the pods of web-green too",
  },
])("the selector switch refuses $name before it changes anything", async ({ percent, given, says }) => {
  const { cluster, patches } = world(given);
  await expect(trafficSwitch(cluster, traffic, "shop").setWeight(percent)).rejects.toThrow(says);
  expect(patches).toEqual([]);
});

test("the selector switch refuses an arm that is not there", async () => {
  const { cluster, objects } = world();
  objects.remove("services", "web-green");
  const setting = trafficSwitch(cluster, traffic, "shop").setWeight(100);
  await expect(setting).rejects.toThrow("Weight 100 was not set: there is no Service web-green in shop");
});

test.each([
  {
    name: "others' pods",
    selector: { app: "web" },
    says: "selects app=web, as neither web-blue nor web-green",
  },
  { name: "no pods", selector: undefined, says: "Service web selects no pods, as neither" },
])("readWeight() does not guess who serves behind a front that selects $name", async ({ selector, says }) => {
  const { cluster } = world([front(selector)]);
  await expect(trafficSwitch(cluster, traffic, "shop").readWeight()).rejects.toThrow(says);
});

test("setWeight() ends a state that nobody knows", async () => {
  const { cluster } = world([front({ app: "web" })]);
  const weight = trafficSwitch(cluster, traffic, "shop");
  await weight.setWeight(0);
  expect(await weight.readWeight()).toBe(0);
});

test("setWeight() says when the endpoints do not follow", async () => {
  const { cluster } = world([], {});
  const setting = trafficSwitch(cluster, traffic, "shop").setWeight(100, { budgetMs: 300 });
  await expect(setting).rejects.toThrow(
    "Service web was switched to web-green, but 2 of its 2 endpoints are still others'",
  );
});

test("a front of another namespace is refused", async () => {
  const { cluster } = world();
  const away = { ...traffic, route: { ...traffic.route, namespace: "edge" } };
  await expect(trafficSwitch(cluster, away, "shop").readWeight()).rejects.toThrow(
    'Input "traffic" must name a Service in the release\'s namespace shop: got "edge"',
  );
});

test("problems() names a front that Helm owns, shares, and selectors that overlap", async () => {
  const owned = front({ app: "web-blue" }, { annotations: { "meta.helm.sh/release-name": "web" } });
  const { cluster } = world([owned, ...serviceWith("web-green", [], { app: "web-blue" })]);
  const problems = await trafficSwitch(cluster, traffic, "shop").problems(5, 100);
  expect(problems).toEqual([
    "Service web switches all traffic at once: its weight must be 0 or 100, got 5",
    expect.stringContaining("belongs to Helm release web, whose next upgrade would switch it back"),
    expect.stringContaining("their selectors must keep the two apart"),
  ]);
});

test("problems() finds none in a front that is yet to be made", async () => {
  const { cluster, objects } = world();
  objects.remove("services", "web");
  expect(await trafficSwitch(cluster, traffic, "shop").problems(0, 100)).toEqual([]);
});

test("ensureFront() makes the front from the arm's Service, once", async () => {
  const { cluster, objects } = world();
  objects.remove("services", "web");
  expect(await ensureFront(cluster, traffic, "shop", "candidate")).toBe("created");
  expect(objects.find("services", "web")).toMatchObject({
    metadata: { name: "web", namespace: "shop", labels: { "app.kubernetes.io/managed-by": "sluice" } },
    spec: { selector: { app: "web-green" } },
  });
  // Neither the node port nor the address of the arm's own Service.
  expect(at(objects.find("services", "web"), "spec", "ports")).toEqual([
    { name: "http", protocol: "TCP", port: 80, targetPort: "http" },
  ]);
  expect(at(objects.find("services", "web"), "spec", "clusterIP")).toBeUndefined();
  expect(await ensureFront(cluster, traffic, "shop", "stable")).toBe("there");
  expect(at(objects.find("services", "web"), "spec", "selector")).toEqual({ app: "web-green" });
});

test("ensureFront() refuses a front that a Helm release owns", async () => {
  const { cluster } = world([front({ app: "web" }, { annotations: { "meta.helm.sh/release-name": "old" } })]);
  await expect(ensureFront(cluster, traffic, "shop", "stable")).rejects.toThrow(
    "Service web belongs to Helm release old, whose next upgrade would switch it back",
  );
});

test("ensureFront() refuses an arm that is not there or selects nothing", async () => {
  const { cluster, objects } = world([{ kind: "Service", metadata: { name: "web-blue" }, spec: {} }]);
  objects.remove("services", "web");
  objects.remove("services", "web-green");
  await expect(ensureFront(cluster, traffic, "shop", "candidate")).rejects.toThrow(
    "Service web was not made: there is no Service web-green in shop",
  );
  await expect(ensureFront(cluster, traffic, "shop", "stable")).rejects.toThrow(
    "Service web-blue selects no pods",
  );
});

test("ensureFront() takes a front that somebody else made meanwhile", async () => {
  const { cluster, objects } = world();
  objects.remove("services", "web");
  const raced = {
    ...cluster,
    create: async () => {
      objects.put(front({ app: "web-blue" }));
      return cluster.create(front({ app: "web-green" }) as never);
    },
  };
  expect(await ensureFront(raced, traffic, "shop", "candidate")).toBe("there");
});

test("ensureFront() has nothing to do for other providers", async () => {
  const { cluster } = trafficObjects([]);
  const gateway = { ...traffic, provider: "gateway", route: { kind: "HTTPRoute", name: "web" } } as const;
  expect(await ensureFront(cluster, gateway, "shop", "stable")).toBe("there");
});
