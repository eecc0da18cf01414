import { expect, test } from "vitest";
import { blueGreenWarnings } from "../../../src/domain/release/blue-green-warnings.ts";
import { manifestObjects } from "../../../src/domain/release/manifest.ts";

const labels = { app: "web-green" };
const deployment = (spec: object = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web-green" },
  spec: { replicas: 3, template: { metadata: { labels }, spec }, selector: { matchLabels: labels } },
});
const service = (spec: object = {}) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web-green" },
  spec: { selector: labels, ...spec },
});
const hook = (events: string) => ({
  kind: "Job",
  metadata: { name: "migrate", annotations: { "helm.sh/hook": events } },
});

const warn = (...objects: readonly object[]) => blueGreenWarnings(manifestObjects(objects));

test("a chart that is made for it is told of the room alone", () => {
  expect(warn(deployment(), service(), hook("pre-install,pre-upgrade"))).toEqual([
    "Until phase finish both colours are up: nodes and quota must have room for at least 3 more pods, at the count that serves now",
  ]);
});

test.each([
  {
    name: "a hook that runs at upgrades alone",
    object: hook("pre-upgrade"),
    says: "Hook Job migrate would be skipped: it runs at pre-upgrade, and a colour is always installed anew (add pre-install)",
  },
  {
    name: "half of a hook's events",
    object: hook("pre-install,post-upgrade"),
    says: "Hook Job migrate would be skipped: it runs at pre-install, post-upgrade, and a colour is always installed anew (add post-install)",
  },
  {
    name: "a fixed node port",
    object: service({ ports: [{ port: 80, nodePort: 30080 }] }),
    says: "Service web-green asks for node port 30080, which only one colour can have",
  },
  {
    name: "a fixed cluster address",
    object: service({ clusterIP: "10.96.0.7" }),
    says: "Service web-green asks for address 10.96.0.7, which only one colour can have",
  },
  {
    name: "a host port",
    object: deployment({ containers: [{ ports: [{ hostPort: 9000 }] }] }),
    says: "Deployment web-green asks for host port 9000: both colours cannot share a node",
  },
  {
    name: "an Ingress of the chart",
    object: { kind: "Ingress", metadata: { name: "web" }, spec: { rules: [{ host: "a.example" }] } },
    says: "Ingress web would claim a.example for both colours at once",
  },
  {
    name: "a route of the chart",
    object: { kind: "HTTPRoute", metadata: { name: "web" } },
    says: "HTTPRoute web would send traffic to each colour past the front",
  },
  {
    name: "a volume of its own",
    object: { kind: "PersistentVolumeClaim", metadata: { name: "data" } },
    says: "PersistentVolumeClaim data: each colour has a volume of its own",
  },
  {
    name: "a claim from elsewhere",
    object: deployment({ volumes: [{ persistentVolumeClaim: { claimName: "shared" } }] }),
    says: "Deployment web-green mounts claim shared in both colours at once: it must be ReadWriteMany",
  },
  {
    name: "a job by the clock",
    object: { kind: "CronJob", metadata: { name: "nightly" } },
    says: "CronJob nightly runs in both colours while both are up",
  },
  {
    name: "a budget",
    object: { kind: "PodDisruptionBudget", metadata: { name: "web-green" } },
    says: "PodDisruptionBudget web-green exists once per colour",
  },
  {
    name: "a worker behind no Service",
    object: {
      kind: "Deployment",
      metadata: { name: "worker" },
      spec: { template: { metadata: { labels: { app: "worker" } } } },
    },
    says: "Deployment worker is behind no Service",
  },
])("blueGreenWarnings() tells $name", ({ object, says }) => {
  const told = warn(deployment(), service(), object);
  expect(told.some((one) => one.startsWith(says))).toBe(true);
});
