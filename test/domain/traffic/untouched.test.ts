import { expect, test } from "vitest";
import { isRecord, listAt } from "../../../src/core/json.ts";
import { istioPatch } from "../../../src/domain/traffic/istio-patch.ts";
import { canaries, canaryPatch } from "../../../src/domain/traffic/nginx.ts";
import type { PatchOperation } from "../../../src/domain/traffic/patch.ts";
import { selectorPatch } from "../../../src/domain/traffic/service.ts";
import type { Traffic } from "../../../src/domain/traffic/traffic.ts";
import { weightPatch } from "../../../src/domain/traffic/weight-patch.ts";
import { applyPatch } from "../../platform/traffic-objects.ts";

type Random = () => number;
type Fields = { [key: string]: unknown };

/** The same numbers for the same seed, so that a failure can be seen again. */
function randomOf(seed: number): Random {
  let state = seed + 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

const pick = <T>(random: Random, list: readonly [T, ...T[]]): T =>
  list[Math.floor(random() * list.length)] ?? list[0];
const upTo = (random: Random, most: number) => Math.floor(random() * (most + 1));

/** The fields in any order: what stands where must not change either. */
function shuffled(random: Random, fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields)
      .map((entry) => [random(), entry] as const)
      .sort(([one], [other]) => one - other)
      .map(([, entry]) => entry),
  );
}

function noise(random: Random, depth = 2): unknown {
  const kind = upTo(random, depth > 0 ? 4 : 2);
  if (kind === 0) return `text ${upTo(random, 99)}`;
  if (kind === 1) return upTo(random, 99);
  if (kind === 2) return random() > 0.5;
  const many = Array.from({ length: upTo(random, 3) }, () => noise(random, depth - 1));
  return kind === 3 ? many : Object.fromEntries(many.map((one, index) => [`key${index}/~`, one]));
}

const metadata = (random: Random) => ({
  name: "web",
  namespace: "shop",
  resourceVersion: `${upTo(random, 999)}`,
  annotations: { "a/b~c": noise(random, 0), "example.com/other": "x" },
});

const arms = { stable: { service: "web" }, candidate: { service: "web-candidate" } };

function gatewayCase(random: Random) {
  const ref = (name: string, weight: number) =>
    shuffled(random, { name, port: 80, weight, extra: noise(random) });
  const rules = Array.from({ length: 1 + upTo(random, 3) }, () => {
    const isOurs = random() > 0.3;
    const ours = isOurs ? [ref("web", 100 + upTo(random, 400)), ref("web-candidate", upTo(random, 9))] : [];
    const others = Array.from({ length: upTo(random, 2) }, (_, index) =>
      ref(`other-${index}`, 1 + upTo(random, 90)),
    );
    return shuffled(random, {
      backendRefs: [...others, ...ours],
      filters: noise(random),
      matches: noise(random),
    });
  });
  const ours = { backendRefs: [ref("web", 100), ref("web-candidate", 0)] };
  const object = {
    metadata: metadata(random),
    spec: { hostnames: ["a"], rules: [...rules, ours], z: noise(random) },
  };
  const traffic = { provider: "gateway", route: { kind: "HTTPRoute", name: "web" }, ...arms } as const;
  return {
    object,
    patch: (percent: number) => weightPatch(object, { traffic, namespace: "shop", percent }),
    isOurs: (one: Fields) => one["name"] === "web" || one["name"] === "web-candidate",
  };
}

function istioCase(random: Random) {
  const destination = (host: string, weight: number) =>
    shuffled(random, { destination: { host, port: { number: 80 } }, weight, note: noise(random) });
  const route = () => {
    const foreign = pick(random, [0, 0, 10, 50]);
    const candidate = upTo(random, 50);
    const others = foreign === 0 ? [] : [destination("other", foreign)];
    const ours = [destination("web", 100 - foreign - candidate), destination("web-candidate", candidate)];
    return shuffled(random, { route: [...others, ...ours], match: noise(random), retries: noise(random) });
  };
  const spec = { hosts: ["web"], http: [route(), { redirect: noise(random) }, route()], tcp: [route()] };
  const object = { metadata: metadata(random), spec };
  const traffic = { provider: "istio", route: { kind: "VirtualService", name: "web" }, ...arms } as const;
  return {
    object,
    patch: (percent: number) => istioPatch(object, { traffic, namespace: "shop", percent }),
    isOurs: (one: Fields) =>
      isRecord(one["destination"]) && `${one["destination"]["host"]}`.startsWith("web"),
  };
}

/** The object without our weights, as text: equal texts have equal values in equal order. */
function withoutWeights(object: unknown, isOurs: (one: Fields) => boolean): string {
  return JSON.stringify(object, (_key, value: unknown) => {
    if (!isRecord(value) || !isOurs(value)) return value;
    const { weight: _, ...rest } = value;
    return rest;
  });
}

const seeds = Array.from({ length: 40 }, (_, seed) => seed);

test.each([
  { name: "HTTPRoute", make: gatewayCase },
  { name: "VirtualService", make: istioCase },
])("a patch of any $name changes our weights and not another byte", ({ make }) => {
  for (const seed of seeds) {
    const random = randomOf(seed);
    const { object, patch, isOurs } = make(random);
    const percent = pick(random, [0, 10, 50, 100]);
    const after = applyPatch(object, patch(percent));
    expect(withoutWeights(after, isOurs), `seed ${seed}`).toBe(withoutWeights(object, isOurs));
    // Whatever else is weighted keeps its share of the whole.
    expect(sums(after), `seed ${seed}`).toEqual(sums(object));
  }
});

function sums(object: unknown): readonly number[] {
  return listAt(object, "spec", "http").map((route) =>
    listAt(route, "route").reduce<number>((sum, one) => sum + Number((one as Fields)["weight"]), 0),
  );
}

test("a patch of any canary Ingress changes the weight annotation and not another byte", () => {
  const traffic: Traffic = {
    provider: "nginx",
    route: { kind: "Ingress", name: "web" },
    annotationPrefix: "nginx.ingress.kubernetes.io",
    ...arms,
  };
  for (const seed of seeds) {
    const random = randomOf(seed);
    const rules = (name: string) => [
      { host: "a", http: { paths: [{ path: "/", pathType: "Prefix", backend: { service: { name } } }] } },
    ];
    const main = { metadata: metadata(random), spec: { rules: rules("web") } };
    const annotations = shuffled(random, {
      "nginx.ingress.kubernetes.io/canary": "true",
      "nginx.ingress.kubernetes.io/canary-weight": `${upTo(random, 100)}`,
      "nginx.ingress.kubernetes.io/canary-by-header": "X-Canary",
      "example.com/note": noise(random, 0),
    });
    const object = {
      metadata: { ...metadata(random), name: "any", annotations },
      spec: { rules: rules("web-candidate"), tls: noise(random) },
    };
    const [canary] = canaries(traffic, { main, all: [object] });
    const after = applyPatch(object, canary === undefined ? [] : canaryPatch(traffic, canary, 15));
    const blank = (one: unknown) =>
      JSON.stringify(one, (key, value) => (key.endsWith("/canary-weight") ? "" : (value as unknown)));
    expect(blank(after), `seed ${seed}`).toBe(blank(object));
    expect(JSON.stringify(after)).toContain('"nginx.ingress.kubernetes.io/canary-weight":"15"');
  }
});

test("a patch of any front changes the selector and not another byte", () => {
  for (const seed of seeds) {
    const random = randomOf(seed);
    const front = {
      metadata: metadata(random),
      spec: shuffled(random, {
        ports: noise(random),
        selector: { app: "blue" },
        sessionAffinity: noise(random),
      }),
    };
    const after = applyPatch(front, selectorPatch(front, { spec: { selector: { app: "green" } } }));
    const blank = (one: unknown) =>
      JSON.stringify(one, (key, value) => (key === "selector" ? "" : (value as unknown)));
    expect(blank(after), `seed ${seed}`).toBe(blank(front));
  }
});

test.each<{ name: string; patch: readonly PatchOperation[] }>([
  {
    name: "a weight of 95",
    patch: weightPatch(
      {
        metadata: { resourceVersion: "7" },
        spec: { rules: [{ backendRefs: [{ name: "web" }, { name: "web-candidate", weight: 0 }] }] },
      },
      {
        traffic: { provider: "gateway", route: { kind: "HTTPRoute", name: "web" }, ...arms },
        namespace: "shop",
        percent: 95,
      },
    ),
  },
  {
    name: "a selector",
    patch: selectorPatch({ metadata: { resourceVersion: "7" } }, { spec: { selector: { a: "b" } } }),
  },
])("the patch of $name is refused by an object that has changed", ({ patch }) => {
  const changed = {
    metadata: { resourceVersion: "8" },
    spec: { rules: [{ backendRefs: [{ name: "web" }, {}] }] },
  };
  expect(() => applyPatch(changed, patch)).toThrow("test of /metadata/resourceVersion failed");
});
