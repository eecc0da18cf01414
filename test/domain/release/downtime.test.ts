import { expect, test } from "vitest";
import { predictDowntime, recreateProblems } from "../../../src/domain/release/downtime.ts";
import { manifestObjects } from "../../../src/domain/release/manifest.ts";

const deployment = (spec: object) =>
  manifestObjects([{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, spec }]);

test("predictDowntime() adds the end of the old pods to the beginning of the new ones", () => {
  const objects = deployment({ template: { spec: { terminationGracePeriodSeconds: 20 } } });
  expect(predictDowntime(objects, 8.2)).toEqual({
    seconds: 29,
    how: "at most 20 s until the old pods of Deployment web are gone, then 9 s until the new ones are ready",
  });
  expect(predictDowntime(deployment({}), 8)?.seconds).toBe(38);
});

test("predictDowntime() knows no downtime where nothing is recreated", () => {
  expect(predictDowntime([], 8)).toBeUndefined();
});

test.each([
  { name: "a chart that says Recreate", strategy: { strategy: { type: "Recreate" } }, isRefused: false },
  { name: "a chart that says nothing", strategy: {}, isRefused: false },
  { name: "an empty strategy", strategy: { strategy: {} }, isRefused: false },
  {
    name: "a chart that says RollingUpdate",
    strategy: { strategy: { type: "RollingUpdate" } },
    isRefused: true,
  },
  {
    name: "a rollingUpdate block alone",
    strategy: { strategy: { rollingUpdate: { maxSurge: 1 } } },
    isRefused: true,
  },
])("recreateProblems() judges $name", ({ strategy, isRefused }) => {
  const refused = [
    "Deployment web says strategy RollingUpdate in the chart, which Helm would put back: let the chart say Recreate, or nothing",
  ];
  expect(recreateProblems(deployment(strategy))).toEqual(isRefused ? refused : []);
});
