import { expect, test } from "vitest";
import { disruptionWarnings } from "../../../src/domain/capacity/disruption.ts";
import { quantityOf } from "../../../src/domain/capacity/quantity.ts";
import { besideOf, demandOf, shortages, surgeOf } from "../../../src/domain/capacity/room.ts";
import { type ManifestObject, manifestObjects } from "../../../src/domain/release/manifest.ts";

test.each([
  { text: "250m", is: 0.25 },
  { text: "1Gi", is: 2 ** 30 },
  { text: "1500M", is: 1.5e9 },
  { text: "2", is: 2 },
  { text: 3, is: 3 },
  { text: "1e3", is: 1000 },
  { text: "much", is: undefined },
])("quantityOf($text) is $is", ({ text, is }) => {
  expect(quantityOf(text)).toBe(is);
});

const asks = (cpu: string, memory: string) => ({ resources: { requests: { cpu, memory } } });

function deployment(spec: object = {}): ManifestObject {
  const pod = {
    containers: [asks("100m", "64Mi"), asks("50m", "32Mi")],
    initContainers: [asks("300m", "16Mi")],
  };
  const labels = { app: "web" };
  const body = {
    kind: "Deployment",
    metadata: { name: "web" },
    spec: { template: { metadata: { labels }, spec: pod }, ...spec },
  };
  return manifestObjects([body])[0] as ManifestObject;
}

test("a pod asks for its containers together, or for its largest init container", () => {
  const demand = demandOf([{ object: deployment(), pods: 2 }]);
  expect(demand).toMatchObject({
    pods: 2,
    "requests.cpu": 0.6,
    "requests.memory": 192 * 2 ** 20,
    "limits.cpu": 0,
  });
});

test.each([
  { name: "a quarter, rounded up", spec: {}, replicas: 5, is: 2 },
  { name: "what the chart says", spec: { strategy: { rollingUpdate: { maxSurge: 1 } } }, replicas: 5, is: 1 },
  { name: "nothing where old pods go first", spec: { strategy: { type: "Recreate" } }, replicas: 5, is: 0 },
  {
    name: "nothing more than there is",
    spec: { strategy: { rollingUpdate: { maxSurge: 9 } } },
    replicas: 2,
    is: 2,
  },
])("a rolling upgrade needs $name", ({ spec, replicas, is }) => {
  expect(surgeOf(deployment(spec), replicas).pods).toBe(is);
});

test("what stands beside needs its own number, or as many as serve", () => {
  expect(besideOf([deployment({ replicas: 3 })], 2)[0]?.pods).toBe(3);
  expect(besideOf([deployment({ replicas: 3 })], 7)[0]?.pods).toBe(7);
});

const quota = (hard: object, used: object, spec: object = {}) => ({
  metadata: { name: "room" },
  spec,
  status: { hard, used },
});

test.each([
  { name: "fits", quotas: [quota({ pods: "10" }, { pods: "6" })], is: [] },
  {
    name: "too many pods",
    quotas: [quota({ pods: "10" }, { pods: "8" })],
    is: ["ResourceQuota room leaves 2 of 10 pods, and 4 more are needed for a time"],
  },
  {
    name: "too much memory",
    quotas: [quota({ "requests.memory": "1Gi", cpu: "9" }, { "requests.memory": "700Mi" })],
    is: ["ResourceQuota room leaves 324Mi of 1024Mi requests.memory, and 384Mi more are needed for a time"],
  },
  { name: "other resources", quotas: [quota({ "count/secrets": "1" }, { "count/secrets": "1" })], is: [] },
  { name: "scopes", quotas: [quota({ pods: "1" }, { pods: "1" }, { scopes: ["BestEffort"] })], is: [] },
])("shortages(): $name", ({ quotas, is }) => {
  expect(shortages(quotas, demandOf([{ object: deployment(), pods: 4 }]))).toEqual(is);
});

const budget = (spec: object) => ({
  kind: "PodDisruptionBudget",
  metadata: { name: "web" },
  spec: { selector: { matchLabels: { app: "web" } }, ...spec },
});

test.each([
  { name: "one pod that must be there", replicas: 1, spec: { minAvailable: 1 }, warns: true },
  { name: "all of them", replicas: 3, spec: { minAvailable: "100%" }, warns: true },
  { name: "none may be missing", replicas: 3, spec: { maxUnavailable: 0 }, warns: true },
  { name: "one may be missing", replicas: 3, spec: { maxUnavailable: 1 }, warns: false },
  { name: "two of three", replicas: 3, spec: { minAvailable: 2 }, warns: false },
])("a disruption budget: $name", ({ replicas, spec, warns }) => {
  const objects = [deployment({ replicas }), ...manifestObjects([budget(spec)])];
  expect(disruptionWarnings(objects).length).toBe(warns ? 1 : 0);
});

test("a disruption budget counts what the autoscaler keeps at least", () => {
  const target = { scaleTargetRef: { kind: "Deployment", name: "web" }, minReplicas: 2 };
  const autoscaler = { kind: "HorizontalPodAutoscaler", metadata: { name: "web" }, spec: target };
  const objects = [
    deployment({ replicas: 1 }),
    ...manifestObjects([budget({ minAvailable: 1 }), autoscaler]),
  ];
  expect(disruptionWarnings(objects)).toEqual([]);
});
