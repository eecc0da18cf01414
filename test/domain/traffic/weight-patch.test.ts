import { expect, test } from "vitest";
import { candidatePercent, sharedRules } from "../../../src/domain/traffic/route.ts";
import type { GatewayTraffic } from "../../../src/domain/traffic/traffic.ts";
import { weightPatch, weightProblems } from "../../../src/domain/traffic/weight-patch.ts";

const traffic: GatewayTraffic = {
  provider: "gateway",
  route: { kind: "HTTPRoute", name: "web" },
  stable: { service: "web" },
  candidate: { service: "web-candidate" },
};

type Ref = Readonly<Record<string, unknown>>;

function route(...rules: readonly (readonly Ref[])[]): unknown {
  return {
    metadata: { name: "web", namespace: "shop", resourceVersion: "7" },
    spec: { rules: rules.map((backendRefs) => ({ backendRefs })) },
  };
}

const stable = (weight?: number): Ref => ({
  name: "web",
  port: 80,
  ...(weight === undefined ? {} : { weight }),
});
const candidate = (weight?: number): Ref => ({
  name: "web-candidate",
  port: 80,
  ...(weight === undefined ? {} : { weight }),
});
const other = (weight: number): Ref => ({ name: "legacy", port: 80, weight });

/** What the patch sets, without its tests. */
function weightsSet(document: unknown, percent: number, of: GatewayTraffic = traffic) {
  return weightPatch(document, { traffic: of, namespace: "shop", percent })
    .filter((one) => one.op === "add")
    .map(({ path, value }) => [path.replace("/spec/rules/", "").replace("/backendRefs/", "."), value]);
}

test("weightPatch() guards the change by the resource version and the backends' names", () => {
  expect(weightPatch(route([stable(100), candidate(0)]), { traffic, namespace: "shop", percent: 5 })).toEqual(
    [
      { op: "test", path: "/metadata/resourceVersion", value: "7" },
      { op: "test", path: "/spec/rules/0/backendRefs/0/name", value: "web" },
      { op: "add", path: "/spec/rules/0/backendRefs/0/weight", value: 95 },
      { op: "test", path: "/spec/rules/0/backendRefs/1/name", value: "web-candidate" },
      { op: "add", path: "/spec/rules/0/backendRefs/1/weight", value: 5 },
    ],
  );
});

test.each([
  {
    name: "missing weights count as 1 and are written",
    rules: [[stable(), candidate()]],
    percent: 5,
    set: [
      ["0.0/weight", 95],
      ["0.1/weight", 5],
    ],
  },
  {
    name: "every rule that names the pair is changed",
    rules: [[stable(1), candidate(0)], [other(1)], [candidate(3), stable(1)]],
    percent: 10,
    set: [
      ["0.0/weight", 90],
      ["0.1/weight", 10],
      ["2.1/weight", 90],
      ["2.0/weight", 10],
    ],
  },
  { name: "what is already so is not written", rules: [[stable(95), candidate(5)]], percent: 5, set: [] },
  {
    name: "other backends keep their share",
    rules: [[stable(200), candidate(0), other(50)]],
    percent: 5,
    set: [
      ["0.0/weight", 190],
      ["0.1/weight", 10],
    ],
  },
  {
    name: "a pair of 120 beside others is rounded",
    rules: [[stable(120), candidate(0), other(50)]],
    percent: 5,
    set: [
      ["0.0/weight", 114],
      ["0.1/weight", 6],
    ],
  },
  {
    name: "the way back beside others needs no precision",
    rules: [[stable(1), candidate(1), other(8)]],
    percent: 0,
    set: [
      ["0.0/weight", 2],
      ["0.1/weight", 0],
    ],
  },
  {
    name: "a rule without the candidate gives it nothing",
    rules: [[stable(1)], [stable(50), candidate(50)]],
    percent: 0,
    set: [
      ["1.0/weight", 100],
      ["1.1/weight", 0],
    ],
  },
  {
    name: "the way back ends all weights zero",
    rules: [[stable(0), candidate(0)]],
    percent: 0,
    set: [
      ["0.0/weight", 100],
      ["0.1/weight", 0],
    ],
  },
  {
    name: "100 takes everything from the stable version",
    rules: [[stable(5), candidate(95)]],
    percent: 100,
    set: [
      ["0.0/weight", 0],
      ["0.1/weight", 100],
    ],
  },
])("weightPatch() $name", ({ rules, percent, set }) => {
  expect(weightsSet(route(...rules), percent)).toEqual(set);
});

test.each([
  {
    name: "a rule without the candidate",
    rules: [[stable(1), candidate(0)], [stable(1)]],
    percent: 5,
    says: "Rule 2 of HTTPRoute web names web but not web-candidate",
  },
  {
    name: "weights too small for the share beside others",
    rules: [[stable(1), candidate(0), other(1)]],
    percent: 5,
    says: "Rule 1 of HTTPRoute web cannot give web-candidate 5 %: beside other backends, the weights of our two must sum up to at least 100 but sum up to 1",
  },
  {
    name: "all weights zero",
    rules: [[stable(0), candidate(0)]],
    percent: 5,
    says: "Rule 1 of HTTPRoute web gives all its backends weight 0: give web a weight",
  },
  {
    name: "a pair with nothing beside others",
    rules: [[stable(0), candidate(0), other(9)]],
    percent: 5,
    says: "must sum up to at least 100 but sum up to 0",
  },
  {
    name: "a backend named twice",
    rules: [[stable(1), stable(1), candidate(0)]],
    percent: 0,
    says: 'Rule 1 of HTTPRoute web names web 2 times: give its port in "traffic"',
  },
  {
    name: "a route that does not carry the release",
    rules: [[other(1)]],
    percent: 0,
    says: "HTTPRoute web cannot carry the traffic of web: it has no rule with that backend",
  },
  {
    name: "half a percent",
    rules: [[stable(1), candidate(0)]],
    percent: 0.5,
    says: 'Weight must be a whole number from 0 to 100: got "0.5"',
  },
  { name: "more than all", rules: [[stable(1), candidate(0)]], percent: 101, says: 'got "101"' },
  { name: "no number", rules: [[stable(1), candidate(0)]], percent: Number.NaN, says: 'got "NaN"' },
])("weightPatch() refuses $name", ({ rules, percent, says }) => {
  expect(() => weightsSet(route(...rules), percent)).toThrow(says);
});

test("weightPatch() leaves Services of the same name in other namespaces and other kinds alone", () => {
  const foreign = { ...stable(7), namespace: "elsewhere" };
  const kind = { ...candidate(7), kind: "ServiceImport", group: "multicluster.x-k8s.io" };
  expect(weightsSet(route([foreign, stable(200), kind, candidate(0)]), 5)).toEqual([
    ["0.1/weight", 190],
    ["0.3/weight", 10],
  ]);
});

test("weightPatch() changes only the rule that is named", () => {
  const named = {
    metadata: { resourceVersion: "7" },
    spec: {
      rules: [
        { name: "a", backendRefs: [stable(1), candidate(0)] },
        { name: "b", backendRefs: [stable(1), candidate(0)] },
      ],
    },
  };
  const only = { ...traffic, route: { ...traffic.route, rule: "b" } };
  expect(weightsSet(named, 5, only).map(([path]) => path)).toEqual(["1.0/weight", "1.1/weight"]);
});

test("weightPatch() tells backends of one Service apart by port", () => {
  const byPort: GatewayTraffic = {
    ...traffic,
    stable: { service: "web", port: 81 },
    candidate: { service: "web", port: 80 },
  };
  expect(weightsSet(route([stable(0), { name: "web", port: 81, weight: 100 }]), 5, byPort)).toEqual([
    ["0.1/weight", 95],
    ["0.0/weight", 5],
  ]);
});

test("weightProblems() names each rule that would refuse the share", () => {
  const filtered = { ...stable(1), filters: [{ type: "RequestHeaderModifier" }] };
  const document = route(
    [filtered],
    [stable(1)],
    [stable(1), candidate(0)],
    [stable(1), candidate(0), other(1)],
  );
  expect(weightProblems(document, { traffic, namespace: "shop", percent: 5 })).toHaveLength(2);
  expect(weightProblems(document, { traffic, namespace: "shop", percent: 0 })).toEqual([]);
});

test.each([
  { name: "of our pair, whatever others get", refs: [stable(190), candidate(10), other(500)], percent: 5 },
  { name: "half where both weights are missing", refs: [stable(), candidate()], percent: 50 },
  { name: "nothing without the candidate", refs: [stable()], percent: 0 },
  { name: "unknown where the pair gets nothing", refs: [stable(0), candidate(0)], percent: undefined },
])("candidatePercent() is the share $name", ({ refs, percent }) => {
  expect(sharedRules(route(refs), traffic, "shop").map(candidatePercent)).toEqual([percent]);
});
