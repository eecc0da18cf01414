import { expect, test } from "vitest";
import { isHostOf, routePercent, sharedRoutes } from "../../../src/domain/traffic/istio.ts";
import { istioPatch, istioProblems } from "../../../src/domain/traffic/istio-patch.ts";
import type { IstioTraffic } from "../../../src/domain/traffic/traffic.ts";

const hosts: IstioTraffic = {
  provider: "istio",
  route: { kind: "VirtualService", name: "web" },
  stable: { service: "web" },
  candidate: { service: "web-candidate" },
};

const subsets: IstioTraffic = {
  ...hosts,
  stable: { service: "web", subset: "stable" },
  candidate: { service: "web", subset: "candidate" },
};

type Destination = Readonly<Record<string, unknown>>;

const to = (host: string, weight?: number, subset?: string): Destination => ({
  destination: { host, ...(subset === undefined ? {} : { subset }), port: { number: 80 } },
  ...(weight === undefined ? {} : { weight }),
});

function service(spec: object): unknown {
  return { metadata: { name: "web", namespace: "shop", resourceVersion: "7" }, spec };
}

const http = (...routes: readonly (readonly Destination[])[]) => ({
  http: routes.map((route) => ({ route })),
});

/** What the patch sets, without its tests. */
function set(spec: object, percent: number, traffic = hosts) {
  return istioPatch(service(spec), { traffic, namespace: "shop", percent })
    .filter(({ op }) => op !== "test")
    .map(({ path, value }) => [path.replace("/spec/", ""), value]);
}

test.each([
  {
    name: "two hosts",
    spec: http([to("web", 100), to("web-candidate", 0)]),
    percent: 15,
    sets: [
      ["http/0/route/0/weight", 85],
      ["http/0/route/1/weight", 15],
    ],
  },
  {
    name: "hosts by their whole names",
    spec: http([to("web.shop.svc.cluster.local", 100), to("web-candidate.shop.svc.cluster.local", 0)]),
    percent: 15,
    sets: [
      ["http/0/route/0/weight", 85],
      ["http/0/route/1/weight", 15],
    ],
  },
  {
    name: "every route that names the pair, tcp and tls too",
    spec: {
      http: [{ route: [to("web", 90), to("web-candidate", 10)] }, { route: [to("docs")] }],
      tls: [{ route: [to("web-candidate", 0), to("web", 100)] }],
      tcp: [{ route: [to("web", 100), to("web-candidate", 0)] }],
    },
    percent: 50,
    sets: [
      ["http/0/route/0/weight", 50],
      ["http/0/route/1/weight", 50],
      ["tls/0/route/1/weight", 50],
      ["tls/0/route/0/weight", 50],
      ["tcp/0/route/0/weight", 50],
      ["tcp/0/route/1/weight", 50],
    ],
  },
  {
    name: "a missing candidate, beside the only destination whose weight is left out",
    spec: http([to("web")]),
    percent: 5,
    sets: [
      ["http/0/route/0/weight", 95],
      ["http/0/route/-", { destination: { host: "web-candidate", port: { number: 80 } }, weight: 5 }],
    ],
  },
  { name: "nothing for a candidate that is missing", spec: http([to("web")]), percent: 0, sets: [] },
  {
    name: "our part, so that others keep theirs",
    spec: http([to("web", 80), to("web-candidate", 0), to("legacy", 20)]),
    percent: 50,
    sets: [
      ["http/0/route/0/weight", 40],
      ["http/0/route/1/weight", 40],
    ],
  },
  {
    name: "our part rounded to whole weights",
    spec: http([to("web", 90), to("web-candidate", 0), to("legacy", 10)]),
    percent: 15,
    sets: [
      ["http/0/route/0/weight", 76],
      ["http/0/route/1/weight", 14],
    ],
  },
  {
    name: "the way back, whatever the weights sum up to",
    spec: http([to("web", 1), to("web-candidate", 1), to("legacy", 1)]),
    percent: 0,
    sets: [
      ["http/0/route/0/weight", 2],
      ["http/0/route/1/weight", 0],
    ],
  },
  {
    name: "nothing that is so already",
    spec: http([to("web", 95), to("web-candidate", 5)]),
    percent: 5,
    sets: [],
  },
])("istioPatch() sets $name", ({ spec, percent, sets }) => {
  expect(set(spec, percent)).toEqual(sets);
});

test("istioPatch() tells subsets of one host apart", () => {
  const spec = http([to("web", 100, "stable"), to("web", 0, "candidate")]);
  expect(set(spec, 5, subsets)).toEqual([
    ["http/0/route/0/weight", 95],
    ["http/0/route/1/weight", 5],
  ]);
  expect(set(http([to("web", undefined, "stable")]), 5, subsets).at(-1)).toEqual([
    "http/0/route/-",
    { destination: { host: "web", subset: "candidate", port: { number: 80 } }, weight: 5 },
  ]);
});

test("istioPatch() changes only the route that is named", () => {
  const route = [to("web", 100), to("web-candidate", 0)];
  const spec = {
    http: [
      { name: "a", route },
      { name: "b", route },
    ],
  };
  const only: IstioTraffic = { ...hosts, route: { ...hosts.route, rule: "b" } };
  expect(set(spec, 5, only).map(([path]) => path)).toEqual([
    "http/1/route/0/weight",
    "http/1/route/1/weight",
  ]);
});

test("istioPatch() guards the change by the resource version and the hosts", () => {
  const patch = istioPatch(service(http([to("web", 100), to("web-candidate", 0)])), {
    traffic: hosts,
    namespace: "shop",
    percent: 5,
  });
  expect(patch.filter(({ op }) => op === "test").map(({ path, value }) => [path, value])).toEqual([
    ["/metadata/resourceVersion", "7"],
    ["/spec/http/0/route/0/destination/host", "web"],
    ["/spec/http/0/route/1/destination/host", "web-candidate"],
  ]);
});

test.each([
  {
    name: "a delegate",
    spec: { http: [{ delegate: { name: "web-routes" } }, { route: [to("web", 100)] }] },
    percent: 5,
    says: "VirtualService web delegates to VirtualService web-routes: name the one that holds the routes",
  },
  {
    name: "a VirtualService that shares nothing with us",
    spec: http([to("docs")]),
    percent: 0,
    says: "VirtualService web cannot carry the traffic of web: it has no route with that destination",
  },
  {
    name: "weights that do not sum up to 100",
    spec: http([to("web", 1), to("web-candidate", 1)]),
    percent: 5,
    says: "Route http 1 of VirtualService web must have weights that sum up to 100: they sum up to 2",
  },
  {
    name: "a share that whole weights cannot express",
    spec: http([to("web", 10), to("web-candidate", 0), to("legacy", 90)]),
    percent: 5,
    says: "cannot give web-candidate 5 %: other destinations have 90 of 100, and weights are whole numbers",
  },
  {
    name: "a pair that gets nothing",
    spec: http([to("web", 0), to("web-candidate", 0), to("legacy", 100)]),
    percent: 5,
    says: "cannot give web-candidate 5 %",
  },
  {
    name: "a destination named twice",
    spec: http([to("web", 50, "v1"), to("web", 50, "v2")]),
    percent: 5,
    says: "names web 2 times: give its port or subset",
  },
  {
    name: "headers that the candidate may need",
    spec: http([{ ...to("web"), headers: { request: { set: { a: "b" } } } }]),
    percent: 5,
    says: "changes headers for web: add web-candidate with weight 0 and the headers it needs",
  },
  { name: "half a percent", spec: http([to("web")]), percent: 0.5, says: "Weight must be a whole number" },
])("istioPatch() refuses $name", ({ spec, percent, says }) => {
  expect(() => set(spec, percent)).toThrow(says);
});

test("istioProblems() names each route that would refuse the share", () => {
  const object = service(http([to("web", 50), to("web-candidate", 51)], [to("web")]));
  expect(istioProblems(object, { traffic: hosts, namespace: "shop", percent: 5 })).toHaveLength(1);
});

test.each([
  { host: "web", objectNamespace: "shop", is: true },
  { host: "web", objectNamespace: "edge", is: false },
  { host: "web.shop.svc.cluster.local", objectNamespace: "edge", is: true },
  { host: "web.other.svc.cluster.local", objectNamespace: "shop", is: false },
  { host: "web.shop.example", objectNamespace: "shop", is: false },
  { host: undefined, objectNamespace: "shop", is: false },
])("isHostOf() of $host in $objectNamespace is $is", ({ host, objectNamespace, is }) => {
  expect(isHostOf(host, "web", { objectNamespace, namespace: "shop" })).toBe(is);
});

test("routePercent() is the share of our pair, whatever others get", () => {
  const object = service(http([to("web", 40), to("web-candidate", 10), to("legacy", 50)]));
  expect(sharedRoutes(object, hosts, "shop").map(routePercent)).toEqual([20]);
});
