import { expect, test } from "vitest";
import { parseTraffic } from "../../../src/domain/traffic/parse.ts";

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

test.each([{ text: undefined }, { text: "" }, { text: " \n" }])(
  "parseTraffic() finds none in $text",
  ({ text }) => {
    expect(parseTraffic(text)).toBeUndefined();
  },
);

test.each([
  {
    name: "a provider that is not supported",
    text: least.replace("gateway", "istio"),
    says: 'Input "traffic" at line 1: "provider" must be one of gateway: got "istio"',
  },
  {
    name: "no provider",
    text: least.replace("provider: gateway\n", ""),
    says: 'Input "traffic" must have "provider": one of gateway, got nothing',
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
