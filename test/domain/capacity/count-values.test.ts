import { expect, test } from "vitest";
import {
  countPaths,
  countValues,
  markedValues,
  pathOfMark,
  withoutCounts,
} from "../../../src/domain/capacity/count-values.ts";
import { manifestObjects, manifestText } from "../../../src/domain/release/manifest.ts";

test("countPaths() finds what is named like a count, in every document, and nothing else", () => {
  const chart = { replicaCount: 2, worker: { replicas: "3" }, autoscaling: { minReplicas: 2 }, port: 80 };
  const found = countPaths([chart, { extra: { deep: { replicas: 1 } } }, null]);
  expect(found).toEqual([["replicaCount"], ["worker", "replicas"], ["extra", "deep", "replicas"]]);
});

test("countPaths() falls back to the usual names", () => {
  expect(countPaths([{ image: {} }])).toEqual([["replicaCount"], ["replicas"]]);
});

test("a mark that comes out as a count tells which value it came from", () => {
  const paths = [["replicaCount"], ["worker", "replicas"]];
  expect(markedValues(paths)).toEqual({ replicaCount: 1001, worker: { replicas: 1002 } });
  expect(pathOfMark(paths, 1002)).toEqual(["worker", "replicas"]);
  expect(pathOfMark(paths, 3)).toBeUndefined();
  expect(pathOfMark(paths, undefined)).toBeUndefined();
});

test("two workloads that share a value cannot have different counts by it", () => {
  const path = ["replicas"];
  expect(
    countValues([
      { path, count: 6 },
      { path, count: 6 },
    ]),
  ).toEqual({ replicas: 6 });
  expect(
    countValues([
      { path, count: 6 },
      { path, count: 4 },
    ]),
  ).toBeUndefined();
});

test("withoutCounts() lets two manifests agree that differ in these counts alone", () => {
  const manifest = (replicas: number, image: string) =>
    manifestObjects([
      { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, spec: { replicas, image } },
    ]);
  const text = (replicas: number, image: string) =>
    manifestText(withoutCounts(manifest(replicas, image), [{ kind: "Deployment", name: "web" }]));
  expect(text(2, "a")).toBe(text(6, "a"));
  expect(text(2, "a")).not.toBe(text(2, "b"));
});
