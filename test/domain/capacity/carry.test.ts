import { expect, test } from "vitest";
import {
  atLeast,
  beyondAutoscaler,
  countsForAll,
  countsForShare,
  podsForShare,
} from "../../../src/domain/capacity/carry.ts";
import { count, scaler } from "./counts.ts";

test.each([
  { percent: 5, stable: 6, needs: 1 },
  { percent: 50, stable: 6, needs: 3 },
  { percent: 51, stable: 6, needs: 4 },
  { percent: 95, stable: 6, needs: 6 },
  { percent: 5, stable: 100, needs: 5 },
  { percent: 0, stable: 6, needs: 0 },
  { percent: 5, stable: 0, needs: 1 },
])("$percent % of what $stable pods carry needs $needs", ({ percent, stable, needs }) => {
  expect(podsForShare(percent, stable)).toBe(needs);
});

test("a share is measured by ready pods, and workloads keep their proportions", () => {
  const stable = [count({ wanted: 12, ready: 10 })];
  const candidate = [count({ name: "a", wanted: 2 }), count({ name: "b", wanted: 1 })];
  expect(countsForShare(60, stable, candidate)).toEqual([
    { kind: "Deployment", name: "a", count: 4 },
    { kind: "Deployment", name: "b", count: 2 },
  ]);
});

test.each([
  { name: "as many as it has", stable: count(), candidate: count({ ready: 4 }), needs: 4 },
  {
    name: "no more for a candidate that is as large",
    stable: count(),
    candidate: count({ ready: 4 }),
    needs: 4,
  },
  {
    name: "what a grown candidate carries",
    stable: count(scaler(20)),
    candidate: count({ ready: 9 }),
    needs: 10,
  },
  {
    name: "no more than its autoscaler allows",
    stable: count(scaler(6)),
    candidate: count({ ready: 9 }),
    needs: 6,
  },
  {
    name: "the chart's number without an autoscaler",
    stable: count(),
    candidate: count({ ready: 9 }),
    needs: 4,
  },
])("to carry everything the stable version needs $name", ({ stable, candidate, needs }) => {
  expect(countsForAll(95, [stable], [candidate])[0]?.count).toBe(needs);
});

test("an autoscaler's count from before stands, whatever a manifest made of it", () => {
  const before = [count({ wanted: 6 })];
  expect(atLeast(before, [count({ wanted: 2, ...scaler(8) })])[0]?.wanted).toBe(6);
  expect(atLeast(before, [count({ wanted: 7, ...scaler(8) })])[0]?.wanted).toBe(7);
  // Without an autoscaler the new chart may mean fewer.
  expect(atLeast(before, [count({ wanted: 2 })])[0]?.wanted).toBe(2);
});

test("a count beyond the autoscaler's bound is refused at once", () => {
  const wanted = [{ kind: "Deployment", name: "web", count: 7 }] as const;
  expect(beyondAutoscaler([count(scaler(8))], wanted)).toBeUndefined();
  expect(beyondAutoscaler([count(scaler(6))], wanted)).toBe(
    "Deployment web needs 7 pods, and autoscaler web allows 6",
  );
});
