import { expect, test } from "vitest";
import { parseServedKinds, unservedKinds } from "../../../src/domain/rollback/served.ts";
import { object, workload } from "./objects.ts";

// kubectl 1.34: kubectl api-resources --no-headers
const table = `bindings                                         v1                                true    Binding
configmaps                          cm           v1                                true    ConfigMap
deployments                         deploy       apps/v1                           true    Deployment
httproutes                                       gateway.networking.k8s.io/v1      true    HTTPRoute
`;

test("parseServedKinds() reads rows with and without short names", () => {
  const served = parseServedKinds(table);
  expect(served.has("v1 ConfigMap")).toBe(true);
  expect(served.has("v1 Binding")).toBe(true);
  expect(served.has("gateway.networking.k8s.io/v1 HTTPRoute")).toBe(true);
  expect(served.size).toBe(4);
});

const budget = object({
  apiVersion: "policy/v1beta1",
  kind: "PodDisruptionBudget",
  metadata: { name: "web" },
});

test("unservedKinds() names each kind once, with an object of it", () => {
  const found = unservedKinds([workload("Deployment"), budget, budget], parseServedKinds(table));
  expect(found).toEqual([
    "the cluster does not serve PodDisruptionBudget of policy/v1beta1 any more (PodDisruptionBudget web)",
  ]);
});

test("unservedKinds() lets a manifest bring its own kind", () => {
  const definition = object({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "plants.example.test" },
    spec: { names: { kind: "Plant" } },
  });
  const plant = object({ apiVersion: "example.test/v1", kind: "Plant", metadata: { name: "fern" } });
  const served = new Set(["apiextensions.k8s.io/v1 CustomResourceDefinition"]);
  expect(unservedKinds([definition, plant], served)).toEqual([]);
});
