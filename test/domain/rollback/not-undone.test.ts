import { expect, test } from "vitest";
import { notUndone } from "../../../src/domain/rollback/not-undone.ts";
import { object } from "./objects.ts";

test("notUndone() names the hooks of the version that is left, and what no revision holds", () => {
  const migration = object({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "migrate", annotations: { "helm.sh/hook": "pre-upgrade" } },
  });
  expect(notUndone([migration])).toEqual([
    "what hook Job migrate does, such as a migration of data",
    "hook Job migrate does not run: upgrade hooks are not for rollbacks",
    "data in databases and queues, and the migrations of it",
    "custom resource definitions in the chart's folder crds",
  ]);
});
