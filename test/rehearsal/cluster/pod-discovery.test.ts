import { expect, test } from "vitest";
import { targetsOf } from "../../../src/rehearsal/cluster/pod-discovery.ts";

const annotations = { "prometheus.io/scrape": "true", "prometheus.io/port": "8080" };
const labels = { "app.kubernetes.io/instance": "web-candidate" };
const pod = {
  metadata: { name: "web-1", namespace: "production", annotations, labels },
  status: { phase: "Running", podIP: "10.244.0.7" },
};

test("targetsOf() labels a running, annotated pod with namespace, pod and release", () => {
  expect(targetsOf([pod])).toEqual([
    {
      targets: ["10.244.0.7:8080"],
      labels: {
        namespace: "production",
        pod: "web-1",
        release: "web-candidate",
        __metrics_path__: "/metrics",
      },
    },
  ]);
});

test.each([
  { name: "without the annotation", other: { ...pod, metadata: { ...pod.metadata, annotations: {} } } },
  { name: "that does not run", other: { ...pod, status: { phase: "Succeeded", podIP: "10.244.0.7" } } },
  { name: "without an address", other: { ...pod, status: { phase: "Running" } } },
])("targetsOf() leaves out a pod $name", ({ other }) => {
  expect(targetsOf([other])).toEqual([]);
});
