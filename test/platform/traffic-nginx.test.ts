import { expect, test } from "vitest";
import { at, textAt } from "../../src/core/json.ts";
import type { NginxTraffic } from "../../src/domain/traffic/traffic.ts";
import { trafficSwitch } from "../../src/platform/traffic.ts";
import { type Behaviour, type Given, serviceWith, slice, trafficObjects } from "./traffic-objects.ts";

const prefix = "nginx.ingress.kubernetes.io";
const traffic: NginxTraffic = {
  provider: "nginx",
  route: { kind: "Ingress", name: "web" },
  stable: { service: "web" },
  candidate: { service: "web-candidate" },
  annotationPrefix: prefix,
};

const path = (service: string, at = "/") => ({
  path: at,
  pathType: "Prefix",
  backend: { service: { name: service, port: { number: 80 } } },
});

const ingress = (name: string, paths: readonly object[], metadata: object = {}): Given => ({
  kind: "Ingress",
  metadata: { name, uid: `uid-${name}`, ...metadata },
  spec: { ingressClassName: "nginx", rules: [{ host: "shop.example", http: { paths } }] },
});

const main = ingress("web", [path("web"), path("web", "/api"), path("docs", "/docs")], {
  annotations: {
    [`${prefix}/proxy-body-size`]: "8m",
    "meta.helm.sh/release-name": "web",
    "kubectl.kubernetes.io/last-applied-configuration": "{}",
  },
});

const canary = (annotations: object, paths = [path("web-candidate"), path("web-candidate", "/api")]) =>
  ingress("web-next", paths, { annotations: { [`${prefix}/canary`]: "true", ...annotations } });

function world(given: readonly Given[], behaviour: Behaviour = {}) {
  const services = [...serviceWith("web", ["s1"]), ...serviceWith("web-candidate", ["c1"])];
  return trafficObjects([...services, ...given], behaviour);
}

const annotation = (object: unknown, key: string) =>
  textAt(object, "metadata", "annotations", `${prefix}/${key}`);

test("the canary Ingress is made from the main one where it is missing, and idle again afterwards", async () => {
  const { cluster, objects, patches } = world([main]);
  const weight = trafficSwitch(cluster, traffic, "shop");
  expect(await weight.readWeight()).toBe(0);
  expect(await weight.problems(15)).toEqual([]);
  expect(await weight.setWeight(15)).toEqual({
    percent: 15,
    sentence:
      "weight 15 % written beside Ingress web: an Ingress has no condition that says whether its controller follows",
  });
  const made = objects.find("ingresses", "web-canary");
  expect(at(made, "metadata", "annotations")).toEqual({
    [`${prefix}/proxy-body-size`]: "8m",
    [`${prefix}/canary`]: "true",
    [`${prefix}/canary-weight`]: "15",
  });
  expect(at(made, "metadata", "labels")).toEqual({ "app.kubernetes.io/managed-by": "sluice" });
  expect(at(made, "metadata", "ownerReferences", 0, "uid")).toBe("uid-web");
  expect(at(made, "spec")).toEqual({
    ingressClassName: "nginx",
    rules: [
      { host: "shop.example", http: { paths: [path("web-candidate"), path("web-candidate", "/api")] } },
    ],
  });
  // Made with weight 0, so that no request finds it before it is whole.
  expect(patches).toHaveLength(1);
  await weight.setWeight(0);
  expect(annotation(objects.find("ingresses", "web-canary"), "canary-weight")).toBe("0");
  expect(await weight.readWeight()).toBe(0);
});

test("setWeight() 0 makes nothing where nothing was weighted", async () => {
  const { cluster, objects } = world([main]);
  await trafficSwitch(cluster, traffic, "shop").setWeight(0);
  expect(objects.all("ingresses")).toHaveLength(1);
});

test("a canary Ingress of somebody else's gets a weight and keeps its headers, cookie and total", async () => {
  const others = {
    "canary-by-header": "X-Canary",
    "canary-by-cookie": "canary",
    "canary-weight-total": "1000",
  };
  const given = canary(
    Object.fromEntries(Object.entries(others).map(([key, one]) => [`${prefix}/${key}`, one])),
  );
  const { cluster, objects, patches } = world([main, given]);
  expect((await trafficSwitch(cluster, traffic, "shop").setWeight(5)).percent).toBe(5);
  const after = objects.find("ingresses", "web-next");
  expect(annotation(after, "canary-weight")).toBe("50");
  for (const [key, value] of Object.entries(others)) expect(annotation(after, key)).toBe(value);
  expect(patches[0]?.map(({ op, path: where }) => `${op} ${where}`)).toEqual([
    "test /metadata/resourceVersion",
    "test /metadata/annotations/nginx.ingress.kubernetes.io~1canary",
    "add /metadata/annotations/nginx.ingress.kubernetes.io~1canary-weight",
  ]);
});

test("the annotations' prefix is what the traffic says", async () => {
  const { cluster, objects } = world([main]);
  const haproxy = { ...traffic, annotationPrefix: "haproxy.example" };
  await trafficSwitch(cluster, haproxy, "shop").setWeight(5);
  const made = objects.find("ingresses", "web-canary");
  expect(at(made, "metadata", "annotations")).toEqual({
    "haproxy.example/canary": "true",
    "haproxy.example/canary-weight": "5",
  });
});

test("a canary Ingress of ours follows the main one to another host", async () => {
  const { cluster, objects } = world([main]);
  const weight = trafficSwitch(cluster, traffic, "shop");
  await weight.setWeight(5);
  await weight.setWeight(0);
  objects.put({ ...main, spec: { rules: [{ host: "new.example", http: { paths: [path("web")] } }] } });
  await weight.setWeight(5);
  expect(at(objects.find("ingresses", "web-canary"), "spec", "rules")).toEqual([
    { host: "new.example", http: { paths: [path("web-candidate")] } },
  ]);
});

test.each([
  { name: "no main Ingress", given: [], says: 'Input "traffic" names Ingress web: there is none in shop' },
  {
    name: "a main Ingress that leads elsewhere",
    given: [ingress("web", [path("docs")])],
    says: "Ingress web cannot carry the traffic of web: it has no path with that backend",
  },
  {
    name: "a main Ingress that is a canary",
    given: [ingress("web", [path("web")], { annotations: { [`${prefix}/canary`]: "true" } })],
    says: "Ingress web is a canary itself: name the Ingress that it stands beside",
  },
  {
    name: "a canary that lacks a path",
    given: [main, canary({}, [path("web-candidate")])],
    says: "No canary Ingress of web-candidate has host shop.example and path /api, which Ingress web has",
  },
  {
    name: "a canary of another Service on the same path",
    given: [main, canary({}, [path("else")])],
    says: "Ingress web-next is a canary of the same host and path and names another Service: there can be one",
  },
  {
    name: "an Ingress under the name of ours",
    given: [main, ingress("web-canary", [path("web", "/x")])],
    says: "Ingress web-canary is no canary of Ingress web: its name is needed for one",
  },
  {
    name: "a total that controllers read differently",
    given: [main, canary({ [`${prefix}/canary-weight-total`]: "10" })],
    says: 'Ingress web-next must have a canary-weight-total of 100 or more: got "10"',
  },
  {
    name: "a candidate without a ready pod",
    given: [main, slice("web-candidate", [], ["c1"])],
    says: "Weight 5 was not set: Service web-candidate has no ready endpoint",
  },
])("setWeight() beside an Ingress refuses $name before it changes anything", async ({ given, says }) => {
  const { cluster, patches, objects } = world(given);
  await expect(trafficSwitch(cluster, traffic, "shop").setWeight(5)).rejects.toThrow(says);
  expect(patches).toEqual([]);
  expect(objects.all("ingresses")).toHaveLength(given.filter(({ kind }) => kind === "Ingress").length);
});

test("setWeight() beside an Ingress tries again when somebody else changed the canary", async () => {
  const { cluster, objects } = world([main, canary({})], { othersChanges: 1 });
  await trafficSwitch(cluster, traffic, "shop").setWeight(5);
  expect(annotation(objects.find("ingresses", "web-next"), "canary-weight")).toBe("5");
});
