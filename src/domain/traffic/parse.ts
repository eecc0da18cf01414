import { isMap, LineCounter, parseDocument } from "yaml";
import { ConfigError } from "../../core/errors.ts";
import { MapReader } from "./map-reader.ts";
import {
  type Provider,
  type RouteRule,
  routeKinds,
  type SubsetBackend,
  type Traffic,
  type TrafficBackend,
  type TrafficConfirm,
} from "./traffic.ts";

const serviceName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const objectName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const prefixName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const printable = /^[!-~]+$/;

const defaultPrefix = "nginx.ingress.kubernetes.io";

/** Parses the `traffic` format from YAML; undefined where nothing was given. Errors name line and column. */
export function parseTraffic(text: string | undefined): Traffic | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const broken = document.errors[0];
  if (broken !== undefined) {
    const { line, col } = lines.linePos(broken.pos[0]);
    throw new ConfigError(
      `Input "traffic" must be YAML: line ${line}, column ${col}: ${firstLine(broken.message)}`,
    );
  }
  if (!isMap(document.contents)) {
    throw new ConfigError(`Input "traffic" must be a mapping: got "${firstLine(text)}"`);
  }
  const traffic = readTraffic(new MapReader(document.contents, "", lines));
  const problem = armsProblem(traffic);
  if (problem === undefined) return traffic;
  throw new ConfigError(`Input "traffic" must ${problem}`);
}

function readTraffic(reader: MapReader): Traffic {
  const provider = reader.oneOf("provider", Object.keys(routeKinds) as readonly Provider[]);
  const more = provider === "nginx" ? ["annotation-prefix"] : [];
  reader.only(["provider", "route", "stable", "candidate", ...more, "confirm"]);
  const confirm = reader.map("confirm");
  // Behind a Service of the cluster it is connections that are shared out, not requests.
  const perConnection =
    provider === "service" || provider === "replicas" ? { connections: "new" as const } : {};
  const common = confirm === undefined ? {} : { confirm: { ...readConfirm(confirm), ...perConnection } };
  const route = reader.requiredMap("route");
  const arms = <T>(read: (reader: MapReader) => T) => ({
    stable: read(reader.requiredMap("stable")),
    candidate: read(reader.requiredMap("candidate")),
    ...common,
  });
  switch (provider) {
    case "gateway":
      return { provider, route: { ...readRoute(route, provider), ...readRule(route) }, ...arms(readBackend) };
    case "istio":
      return { provider, route: { ...readRoute(route, provider), ...readRule(route) }, ...arms(readSubset) };
    case "nginx": {
      const annotationPrefix =
        reader.text("annotation-prefix", prefixName, "the part of an annotation before its slash") ??
        defaultPrefix;
      return { provider, route: readRoute(route, provider), annotationPrefix, ...arms(readBackend) };
    }
    case "service":
    case "replicas":
      return { provider, route: readRoute(route, provider), ...arms(readService) };
  }
}

function readRoute<P extends Provider>(reader: MapReader, provider: P) {
  const hasRules = provider === "gateway" || provider === "istio";
  reader.only(["kind", "name", "namespace", ...(hasRules ? ["rule"] : [])]);
  const kinds: readonly (typeof routeKinds)[P][number][] = routeKinds[provider];
  const namespace = reader.text("namespace", serviceName, "a namespace");
  return {
    kind: reader.has("kind") ? reader.oneOf("kind", kinds) : (kinds[0] as (typeof routeKinds)[P][0]),
    name: reader.requiredText("name", objectName, "the name of a route"),
    ...(namespace === undefined ? {} : { namespace }),
  };
}

function readRule(reader: MapReader): RouteRule {
  const rule = reader.text("rule", objectName, "the name of a rule");
  return rule === undefined ? {} : { rule };
}

function readBackend(reader: MapReader): TrafficBackend {
  reader.only(["service", "port"]);
  return { ...serviceOf(reader), ...portOf(reader) };
}

function readSubset(reader: MapReader): SubsetBackend {
  reader.only(["service", "port", "subset"]);
  const subset = reader.text("subset", serviceName, "the name of a subset");
  return { ...serviceOf(reader), ...portOf(reader), ...(subset === undefined ? {} : { subset }) };
}

function readService(reader: MapReader): TrafficBackend {
  reader.only(["service"]);
  return serviceOf(reader);
}

function serviceOf(reader: MapReader): { readonly service: string } {
  return { service: reader.requiredText("service", serviceName, "the name of a Service") };
}

function portOf(reader: MapReader): { readonly port?: number } {
  const port = reader.port("port");
  return port === undefined ? {} : { port };
}

function readConfirm(reader: MapReader): TrafficConfirm {
  reader.only(["url", "host", "header", "candidate"]);
  const host = reader.text("host", printable, "a host name");
  return {
    url: reader.url("url"),
    ...(host === undefined ? {} : { host }),
    header: reader.text("header", headerName, "the name of a header") ?? "x-sluice-track",
    candidate: reader.text("candidate", printable, "a header's value") ?? "candidate",
  };
}

/** What keeps the two arms from being two, or from being apart from the object in front of them. */
function armsProblem(traffic: Traffic): string | undefined {
  const { provider, route, stable, candidate } = traffic;
  const isOneService = stable.service === candidate.service;
  const same = `name two backends: "stable" and "candidate" are both ${stable.service}`;
  switch (provider) {
    case "gateway":
      return isOneService && stable.port === candidate.port ? same : undefined;
    case "istio":
      return subsetProblem(traffic.stable, traffic.candidate);
    case "nginx":
      return isOneService ? same : undefined;
    case "service":
    case "replicas": {
      if (isOneService) return same;
      const front =
        candidate.service === route.name ? "candidate" : stable.service === route.name ? "stable" : undefined;
      // A Service that selects both arms may well be the stable one's: what is not the candidate's is stable.
      if (front === undefined || (provider === "replicas" && front === "stable")) return undefined;
      return `name a Service in front of the two: "route.name" and "${front}.service" are both ${route.name}`;
    }
  }
}

function subsetProblem(stable: SubsetBackend, candidate: SubsetBackend): string | undefined {
  const isOneService = stable.service === candidate.service;
  if (isOneService && stable.port === candidate.port && stable.subset === candidate.subset) {
    return `name two backends: "stable" and "candidate" are both ${stable.service}`;
  }
  const subsets = [stable.subset, candidate.subset].filter((one) => one !== undefined).length;
  if (subsets === 0 || (subsets === 2 && isOneService)) return undefined;
  return 'name two Services, or two subsets of one: "subset" belongs on both of one Service or on neither';
}

function firstLine(text: string): string {
  return (text.split("\n")[0] ?? "").slice(0, 120);
}
