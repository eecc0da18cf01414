import { expect, test } from "vitest";
import type { GatewayTraffic } from "../../../src/domain/traffic/traffic.ts";
import { backendPatch } from "../../../src/domain/traffic/weight-patch.ts";

const traffic: GatewayTraffic = {
  provider: "gateway",
  route: { kind: "GRPCRoute", name: "web" },
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

const stable = (weight: number): Ref => ({ name: "web", port: 80, weight });
const candidate = (weight: number): Ref => ({ name: "web-candidate", port: 80, weight });
const other = (weight: number): Ref => ({ name: "legacy", port: 80, weight });

test("backendPatch() names the candidate with weight 0 and every default, wherever it is missing", () => {
  const document = route([other(1), stable(200)], [stable(1), candidate(0)], [other(1)]);
  expect(backendPatch(document, { traffic, namespace: "shop", percent: 50 })).toEqual([
    { op: "test", path: "/metadata/resourceVersion", value: "7" },
    { op: "test", path: "/spec/rules/0/backendRefs/1/name", value: "web" },
    {
      op: "add",
      path: "/spec/rules/0/backendRefs/-",
      value: { group: "", kind: "Service", name: "web-candidate", port: 80, weight: 0 },
    },
  ]);
});

test("backendPatch() gives the candidate its own port, and its namespace where the route is elsewhere", () => {
  const elsewhere = { ...traffic, candidate: { service: "web-candidate", port: 8080 } };
  const refs = [{ ...stable(1), namespace: "shop" }];
  const document = {
    metadata: { namespace: "edge", resourceVersion: "7" },
    spec: { rules: [{ backendRefs: refs }] },
  };
  const added = backendPatch(document, { traffic: elsewhere, namespace: "shop", percent: 5 }).at(-1);
  expect(added?.value).toEqual({
    group: "",
    kind: "Service",
    name: "web-candidate",
    namespace: "shop",
    port: 8080,
    weight: 0,
  });
});

test.each([
  {
    name: "a share that cannot be expressed beside others",
    refs: [stable(1), other(1)],
    says: "must sum up to at least 100",
  },
  {
    name: "a backend whose filters the candidate may need",
    refs: [{ ...stable(1), filters: [{ type: "RequestHeaderModifier" }] }],
    says: "Rule 1 of GRPCRoute web filters what goes to web: add web-candidate with weight 0 and the filters it needs",
  },
])("backendPatch() refuses $name", ({ refs, says }) => {
  expect(() => backendPatch(route(refs), { traffic, namespace: "shop", percent: 5 })).toThrow(says);
});

test("backendPatch() has nothing to add where every rule names the candidate", () => {
  expect(backendPatch(route([stable(1), candidate(0)]), { traffic, namespace: "shop", percent: 5 })).toEqual(
    [],
  );
});
