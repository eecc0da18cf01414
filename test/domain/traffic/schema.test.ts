import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { parseTraffic } from "../../../src/domain/traffic/parse.ts";

const schema: unknown = JSON.parse(
  readFileSync(new URL("../../../schemas/traffic.schema.json", import.meta.url), "utf8"),
);
const isValid = new Ajv2020({ strictTypes: false }).compile(schema as object);

const least = `provider: gateway
route: {name: web}
stable: {service: web}
candidate: {service: web-candidate, port: 80}
`;

const serviceSwitch =
  "{provider: service, route: {name: web}, stable: {service: web-blue}, candidate: {service: web-green}}";

function isParsed(text: string): boolean {
  try {
    return parseTraffic(text) !== undefined;
  } catch {
    return false;
  }
}

test.each([
  { name: "the least that is needed", text: least, isGood: true },
  {
    name: "everything there is",
    text: `${least.replace("{name: web}", "{kind: GRPCRoute, name: web, namespace: edge, rule: main}")}confirm: {url: "https://web.example/", host: web.example, header: X-Arm, candidate: new}\n`,
    isGood: true,
  },
  { name: "an unknown key", text: `${least}weights: 5\n`, isGood: false },
  { name: "an unknown key of a backend", text: least.replace("port: 80", "subset: v1"), isGood: false },
  { name: "another provider", text: least.replace("gateway", "smi"), isGood: false },
  { name: "Istio by hosts", text: least.replace("gateway", "istio"), isGood: true },
  {
    name: "Istio by subsets",
    text: "{provider: istio, route: {name: web, rule: main}, stable: {service: web, subset: v1}, candidate: {service: web, subset: v2}}",
    isGood: true,
  },
  { name: "nginx", text: least.replace("gateway", "nginx"), isGood: true },
  {
    name: "nginx under another prefix",
    text: `${least.replace("gateway", "nginx")}annotation-prefix: nginx.example.com\n`,
    isGood: true,
  },
  {
    name: "a rule of an Ingress",
    text: least.replace("gateway", "nginx").replace("name: web}", "name: web, rule: x}"),
    isGood: false,
  },
  { name: "a prefix elsewhere", text: `${least}annotation-prefix: nginx.example.com\n`, isGood: false },
  {
    name: "a prefix with a slash",
    text: `${least.replace("gateway", "nginx")}annotation-prefix: a/b\n`,
    isGood: false,
  },
  { name: "a Service's selector", text: serviceSwitch, isGood: true },
  {
    name: "a Service's selector with a port",
    text: serviceSwitch.replace("web-blue", "web-blue, port: 80"),
    isGood: false,
  },
  {
    name: "numbers of pods",
    text: serviceSwitch.replace("provider: service", "provider: replicas"),
    isGood: true,
  },
  {
    name: "a kind of another provider",
    text: serviceSwitch.replace("name: web}", "name: web, kind: Ingress}"),
    isGood: false,
  },
  { name: "no candidate", text: least.replace(/candidate:.*\n/, ""), isGood: false },
  { name: "a port of text", text: least.replace("80", '"80"'), isGood: false },
  { name: "a route without a name", text: least.replace("{name: web}", "{kind: HTTPRoute}"), isGood: false },
  { name: "a confirm without a URL", text: `${least}confirm: {host: web.example}\n`, isGood: false },
  { name: "a URL of another scheme", text: `${least}confirm: {url: "ftp://web"}\n`, isGood: false },
])("the schema of traffic and its parser agree on $name", ({ text, isGood }) => {
  expect({ schema: isValid(parse(text)), parser: isParsed(text) }).toEqual({
    schema: isGood,
    parser: isGood,
  });
});
