import { expect, test } from "vitest";
import { servingServices } from "../../../src/domain/rollback/services.ts";
import { object, workload } from "./objects.ts";

const service = (name: string, selector: object | undefined) =>
  object({ apiVersion: "v1", kind: "Service", metadata: { name }, spec: { selector } });

test("servingServices() takes those in front of the manifest's own workloads", () => {
  const objects = [
    workload("Deployment"),
    service("web", { app: "web" }),
    service("database", { app: "database" }),
    service("outside", undefined),
  ];
  expect(servingServices(objects)).toEqual(["web"]);
});

test("servingServices() expects nobody behind a workload of no pods", () => {
  expect(servingServices([workload("Deployment", { replicas: 0 }), service("web", { app: "web" })])).toEqual(
    [],
  );
});
