import { expect, test } from "vitest";
import { parseTraffic } from "../../../src/domain/traffic/parse.ts";
import { strategyProblem } from "../../../src/domain/traffic/traffic.ts";

const whole = `provider: gateway
route: {kind: HTTPRoute, name: web, namespace: edge, rule: main}
stable: {service: web, port: 80}
candidate: {service: web-candidate, port: 80}
confirm: {url: "http://127.0.0.1:8000/version", host: web.example, header: X-Arm, candidate: new}
`;

const least = `provider: gateway
route: {name: web}
stable: {service: web}
candidate: {service: web-candidate}
`;

test("parseTraffic() reads every key", () => {
  expect(parseTraffic(whole)).toEqual({
    provider: "gateway",
    route: { kind: "HTTPRoute", name: "web", namespace: "edge", rule: "main" },
    stable: { service: "web", port: 80 },
    candidate: { service: "web-candidate", port: 80 },
    confirm: { url: "http://127.0.0.1:8000/version", host: "web.example", header: "X-Arm", candidate: "new" },
  });
});

test("parseTraffic() fills in the kind of the route and the header that tells the arm", () => {
  const traffic = parseTraffic(`${least}confirm: {url: "https://web.example/version"}\n`);
  expect(traffic?.route).toEqual({ kind: "HTTPRoute", name: "web" });
  expect(traffic?.confirm).toEqual({
    url: "https://web.example/version",
    header: "x-sluice-track",
    candidate: "candidate",
  });
});

test.each([
  { provider: "gateway", kind: "HTTPRoute", more: {} },
  { provider: "istio", kind: "VirtualService", more: {} },
  { provider: "nginx", kind: "Ingress", more: { annotationPrefix: "nginx.ingress.kubernetes.io" } },
  { provider: "service", kind: "Service", more: {} },
  { provider: "replicas", kind: "Service", more: {} },
])("parseTraffic() knows provider $provider and its kind of object", ({ provider, kind, more }) => {
  const text = `{provider: ${provider}, route: {name: web}, stable: {service: a}, candidate: {service: b}}`;
  expect(parseTraffic(text)).toEqual({
    provider,
    route: { kind, name: "web" },
    stable: { service: "a" },
    candidate: { service: "b" },
    ...more,
  });
});

test("parseTraffic() reads two subsets of one Service", () => {
  const text =
    "{provider: istio, route: {name: web}, stable: {service: a, subset: v1}, candidate: {service: a, port: 80, subset: v2}}";
  expect(parseTraffic(text)).toMatchObject({
    stable: { service: "a", subset: "v1" },
    candidate: { service: "a", port: 80, subset: "v2" },
  });
});

test.each([
  { provider: "gateway", connections: undefined },
  { provider: "service", connections: "new" },
  { provider: "replicas", connections: "new" },
])(
  "parseTraffic() has answers of $provider counted over connections: $connections",
  ({ provider, connections }) => {
    const text = `{provider: ${provider}, route: {name: web}, stable: {service: a}, candidate: {service: b}, confirm: {url: "http://x"}}`;
    expect(parseTraffic(text)?.confirm?.connections).toBe(connections);
  },
);

test("parseTraffic() lets the stable Service be the one that selects both", () => {
  const text = "{provider: replicas, route: {name: web}, stable: {service: web}, candidate: {service: b}}";
  expect(parseTraffic(text)).toMatchObject({ stable: { service: "web" } });
});

test("strategyProblem() of one Service with two ports: two releases have a Service each", () => {
  const text =
    "{provider: gateway, route: {name: web}, stable: {service: a, port: 1}, candidate: {service: a, port: 2}}";
  const traffic = parseTraffic(text);
  expect(traffic && strategyProblem(traffic, "canary")).toBe(
    'it must name two Services: got "a" for stable and candidate',
  );
});

test.each([
  { provider: "service", strategy: "canary", says: "it is for strategy blue-green, not canary" },
  { provider: "replicas", strategy: "blue-green", says: "it is for strategy canary, not blue-green" },
  { provider: "nginx", strategy: "blue-green", says: "needs pods behind the main Ingress, which go" },
  { provider: "nginx", strategy: "canary", says: undefined },
  { provider: "service", strategy: "blue-green", says: undefined },
  { provider: "gateway", strategy: "blue-green", says: undefined },
])("strategyProblem() of $provider and $strategy: $says", ({ provider, strategy, says }) => {
  const text = `{provider: ${provider}, route: {name: web}, stable: {service: a}, candidate: {service: b}}`;
  const traffic = parseTraffic(text);
  const problem = traffic === undefined ? "none" : strategyProblem(traffic, strategy);
  if (says === undefined) expect(problem).toBeUndefined();
  else expect(problem).toContain(says);
});

test.each([{ text: undefined }, { text: "" }, { text: " \n" }])(
  "parseTraffic() finds none in $text",
  ({ text }) => {
    expect(parseTraffic(text)).toBeUndefined();
  },
);

test.each([
  {
    name: "a provider that is not supported",
    text: least.replace("gateway", "smi"),
    says: 'Input "traffic" at line 1: "provider" must be one of gateway, istio, nginx, service, replicas: got "smi"',
  },
  {
    name: "no provider",
    text: least.replace("provider: gateway\n", ""),
    says: 'Input "traffic" must have "provider": one of gateway, istio, nginx, service, replicas, got nothing',
  },
  {
    name: "an unknown key",
    text: `${least}weights: 5\n`,
    says: 'Input "traffic" at line 5: its keys must be one of provider, route, stable, candidate, confirm: got the key "weights"',
  },
  {
    name: "an unknown key inside",
    text: least.replace("{service: web}", "{service: web, subset: v1}"),
    says: 'Input "traffic" at line 3: keys of "stable" must be one of service, port: got the key "subset"',
  },
  {
    name: "a route without a name",
    text: least.replace("{name: web}", "{kind: HTTPRoute}"),
    says: 'Input "traffic" must have "route.name": the name of a route, got nothing',
  },
  {
    name: "another kind of route",
    text: least.replace("{name: web}", "{kind: Ingress, name: web}"),
    says: 'Input "traffic" at line 2: "route.kind" must be one of HTTPRoute, GRPCRoute: got "Ingress"',
  },
  {
    name: "a port that is none",
    text: least.replace("{service: web}", "{service: web, port: http}"),
    says: 'Input "traffic" at line 3: "stable.port" must be a port from 1 to 65535: got "http"',
  },
  {
    name: "a service that is no name",
    text: least.replace("{service: web}", "{service: Web/1}"),
    says: 'Input "traffic" at line 3: "stable.service" must be the name of a Service: got "Web/1"',
  },
  {
    name: "a backend that is text",
    text: least.replace("{service: web}", "web"),
    says: 'Input "traffic" at line 3: "stable" must be a mapping: got "web"',
  },
  {
    name: "one service for both arms",
    text: least.replace("web-candidate", "web"),
    says: 'Input "traffic" must name two backends: "stable" and "candidate" are both web',
  },
  {
    name: "a URL of another scheme",
    text: `${least}confirm: {url: "ftp://web"}\n`,
    says: 'Input "traffic" at line 5: "confirm.url" must be an http or https URL: got "ftp://web"',
  },
  {
    name: "a rule of an Ingress",
    text: least.replace("gateway", "nginx").replace("{name: web}", "{name: web, rule: main}"),
    says: 'Input "traffic" at line 2: keys of "route" must be one of kind, name, namespace: got the key "rule"',
  },
  {
    name: "a prefix that is none",
    text: `${least.replace("gateway", "nginx")}annotation-prefix: nginx/canary\n`,
    says: 'at line 5: "annotation-prefix" must be the part of an annotation before its slash: got "nginx/canary"',
  },
  {
    name: "a prefix for another provider",
    text: `${least}annotation-prefix: nginx.example.com\n`,
    says: 'at line 5: its keys must be one of provider, route, stable, candidate, confirm: got the key "annotation-prefix"',
  },
  {
    name: "a port where there is none to choose",
    text: least.replace("gateway", "service").replace("{service: web}", "{service: web-blue, port: 80}"),
    says: 'at line 3: keys of "stable" must be one of service: got the key "port"',
  },
  {
    name: "an arm that is the front",
    text: least.replace("gateway", "service"),
    says: 'must name a Service in front of the two: "route.name" and "stable.service" are both web',
  },
  {
    name: "a candidate that is the front",
    text: "{provider: replicas, route: {name: b}, stable: {service: a}, candidate: {service: b}}",
    says: 'must name a Service in front of the two: "route.name" and "candidate.service" are both b',
  },
  {
    name: "a subset on one side",
    text: "{provider: istio, route: {name: web}, stable: {service: web, subset: v1}, candidate: {service: web}}",
    says: '"subset" belongs on both of one Service or on neither',
  },
  {
    name: "subsets of two Services",
    text: "{provider: istio, route: {name: web}, stable: {service: a, subset: v1}, candidate: {service: b, subset: v2}}",
    says: '"subset" belongs on both of one Service or on neither',
  },
  {
    name: "one subset for both arms",
    text: "{provider: istio, route: {name: web}, stable: {service: a, subset: v1}, candidate: {service: a, subset: v1}}",
    says: '"stable" and "candidate" are both a',
  },
  {
    name: "two ports of one Service behind an Ingress",
    text: "{provider: nginx, route: {name: web}, stable: {service: a, port: 1}, candidate: {service: a, port: 2}}",
    says: '"stable" and "candidate" are both a',
  },
  { name: "plain text", text: "web", says: 'Input "traffic" must be a mapping: got "web"' },
  { name: "a list", text: "- web", says: 'Input "traffic" must be a mapping: got "- web"' },
])("parseTraffic() refuses $name", ({ text, says }) => {
  expect(() => parseTraffic(text)).toThrow(says);
});

test.each([
  { name: "broken YAML", text: "provider: [gateway\nroute: x", says: /must be YAML: line \d+, column \d+/ },
  { name: "a key given twice", text: `${least}provider: gateway\n`, says: /must be YAML: line 5, column 1/ },
])("parseTraffic() says where $name stands", ({ text, says }) => {
  expect(() => parseTraffic(text)).toThrow(says);
});
