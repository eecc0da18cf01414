import { expect, test } from "vitest";
import {
  countPods,
  describeShare,
  podShare,
  podTarget,
  shareOut,
  shareProblems,
  startProblems,
} from "../../../src/domain/traffic/replicas.ts";
import type { ReplicasTraffic } from "../../../src/domain/traffic/traffic.ts";

const traffic: ReplicasTraffic = {
  provider: "replicas",
  route: { kind: "Service", name: "web" },
  stable: { service: "web-stable" },
  candidate: { service: "web-candidate" },
};

test.each([
  { percent: 0, others: 4, count: 0, reached: 0 },
  { percent: 20, others: 4, count: 1, reached: 20 },
  { percent: 20, others: 10, count: 3, reached: 23.1 },
  { percent: 20, others: 11, count: 3, reached: 21.4 },
  { percent: 15, others: 10, count: 2, reached: 16.7 },
  { percent: 25, others: 10, count: 3, reached: 23.1 },
  { percent: 5, others: 10, count: 1, reached: 9.1 },
  { percent: 5, others: 19, count: 1, reached: 5 },
  { percent: 50, others: 3, count: 3, reached: 50 },
  { percent: 95, others: 2, count: 38, reached: 95 },
  { percent: 0, others: 0, count: 0, reached: 0 },
])(
  "podTarget() of $percent % beside $others is $count, $reached % really",
  ({ percent, others, count, reached }) => {
    const target = podTarget(traffic, percent, others);
    expect(target.kind === "count" && target.count).toBe(count);
    expect(target.kind === "count" && Math.round(target.percent * 10) / 10).toBe(reached);
  },
);

test.each([
  {
    percent: 1,
    others: 4,
    says: "Service web cannot give web-candidate 1 % beside 4 pods: possible are 20, 33, 43, 50, 56, 60, 64, 67 … %",
  },
  { percent: 15, others: 4, says: "possible are 20, 33" },
  { percent: 10, others: 1, says: "beside 1 pod: possible are 50, 67" },
  {
    percent: 100,
    others: 4,
    says: "cannot give web-candidate 100 %: the stable version's pods stay behind it",
  },
  { percent: 5, others: 0, says: "no pod of the stable version is ready behind it" },
])("podTarget() refuses $percent % beside $others", ({ percent, others, says }) => {
  const target = podTarget(traffic, percent, others);
  expect(target.kind === "impossible" && target.reason).toContain(says);
});

test("every share that a refusal names is possible", () => {
  for (let others = 1; others <= 40; others++) {
    const target = podTarget(traffic, 100 / (others + 1) / 3, others);
    const shares = target.kind === "impossible" ? (target.reason.match(/\d+(?=,| …)/g) ?? []) : [];
    for (const share of shares) {
      expect(podTarget(traffic, Number(share), others).kind, `${share} % beside ${others}`).toBe("count");
    }
  }
});

test("shareProblems() names shares that cannot be told apart", () => {
  expect(shareProblems(traffic, [20, 23, 33], 4)).toEqual([
    "Service web cannot tell 20 % from 23 %: both are 1 pod beside 4",
  ]);
  expect(shareProblems(traffic, [5, 15, 25], 19)).toEqual([]);
  expect(shareProblems(traffic, [], 0)).toEqual([]);
});

test("countPods() counts who is behind the front, whoever else is ready", () => {
  const counts = countPods(new Set(["s1", "s2", "c1"]), new Set(["c1", "c2"]));
  expect(counts).toEqual({ candidate: 1, others: 2 });
  expect(podShare({ candidate: 0, others: 0 })).toBe(0);
});

test("describeShare() tells the share that was really reached", () => {
  expect(describeShare(traffic, 20, { candidate: 2, others: 10 })).toBe(
    "Service web gives web-candidate 16.7 %: 2 of 12 ready pods, nearest to the 20 % asked for; kept connections and session affinity skew it",
  );
});

test("shareOut() leaves no pod over", () => {
  const workload = { resource: "deployments/a", kind: "Deployment", name: "a", replicas: 0 };
  expect(shareOut(5, [workload, workload])).toEqual([3, 2]);
  expect(shareOut(0, [])).toEqual([]);
});

test("startProblems() lets a candidate begin without pods and without an autoscaler", () => {
  const deployment = (replicas?: number) => ({
    kind: "Deployment",
    name: "web",
    body: { spec: { replicas } },
  });
  const scaler = { kind: "HorizontalPodAutoscaler", name: "web", body: {} };
  expect(startProblems(traffic, [deployment(0)])).toEqual([]);
  expect(startProblems(traffic, [deployment(2), scaler])).toEqual([
    'Deployment web must begin without pods, as they get traffic at once by provider "replicas": got 2, "candidate-set" can set it to 0',
    'HorizontalPodAutoscaler web would set the candidate\'s share of traffic: leave it out by "candidate-set"',
  ]);
  expect(startProblems(traffic, [deployment()])).toHaveLength(1);
  expect(startProblems({ ...traffic, provider: "service" }, [deployment(2)])).toEqual([]);
});
