import { isMap, isScalar, LineCounter, parseDocument, type YAMLMap } from "yaml";
import { ConfigError } from "../../core/errors.ts";
import {
  routeKinds,
  type Traffic,
  type TrafficBackend,
  type TrafficConfirm,
  type TrafficRoute,
} from "./traffic.ts";

const serviceName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const objectName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const printable = /^[!-~]+$/;

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
  const reader = new MapReader(document.contents, "", lines);
  reader.only(["provider", "route", "stable", "candidate", "confirm"]);
  const confirm = reader.map("confirm");
  const traffic: Traffic = {
    provider: reader.oneOf("provider", ["gateway"]),
    route: readRoute(reader.requiredMap("route")),
    stable: readBackend(reader.requiredMap("stable")),
    candidate: readBackend(reader.requiredMap("candidate")),
    ...(confirm === undefined ? {} : { confirm: readConfirm(confirm) }),
  };
  if (
    traffic.stable.service === traffic.candidate.service &&
    traffic.stable.port === traffic.candidate.port
  ) {
    throw new ConfigError(
      `Input "traffic" must name two backends: "stable" and "candidate" are both ${traffic.stable.service}`,
    );
  }
  return traffic;
}

function readRoute(reader: MapReader): TrafficRoute {
  reader.only(["kind", "name", "namespace", "rule"]);
  const namespace = reader.text("namespace", serviceName, "a namespace");
  const rule = reader.text("rule", objectName, "the name of a rule");
  return {
    kind: reader.has("kind") ? reader.oneOf("kind", routeKinds) : "HTTPRoute",
    name: reader.requiredText("name", objectName, "the name of a route"),
    ...(namespace === undefined ? {} : { namespace }),
    ...(rule === undefined ? {} : { rule }),
  };
}

function readBackend(reader: MapReader): TrafficBackend {
  reader.only(["service", "port"]);
  const port = reader.port("port");
  return {
    service: reader.requiredText("service", serviceName, "the name of a Service"),
    ...(port === undefined ? {} : { port }),
  };
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

/** Reads one mapping and says of each thing that is wrong where it stands. */
class MapReader {
  readonly #map: YAMLMap;
  readonly #path: string;
  readonly #lines: LineCounter;

  constructor(map: YAMLMap, path: string, lines: LineCounter) {
    this.#map = map;
    this.#path = path;
    this.#lines = lines;
  }

  only(allowed: readonly string[]): void {
    for (const { key } of this.#map.items) {
      const name = isScalar(key) ? String(key.value) : "";
      if (!allowed.includes(name)) {
        throw this.#error(name, key, `must be one of ${allowed.join(", ")}`, `the key "${name}"`);
      }
    }
  }

  has(key: string): boolean {
    return this.#map.has(key);
  }

  map(key: string): MapReader | undefined {
    if (!this.has(key)) return undefined;
    const node = this.#map.get(key, true);
    if (isMap(node)) return new MapReader(node, this.#name(key), this.#lines);
    throw this.#error(this.#name(key), node, "must be a mapping");
  }

  requiredMap(key: string): MapReader {
    return this.map(key) ?? this.#missing(key, "a mapping");
  }

  text(key: string, rule: RegExp, what: string): string | undefined {
    if (!this.has(key)) return undefined;
    const value = this.#map.get(key);
    if (typeof value === "string" && rule.test(value)) return value;
    throw this.#error(this.#name(key), this.#map.get(key, true), `must be ${what}`);
  }

  requiredText(key: string, rule: RegExp, what: string): string {
    return this.text(key, rule, what) ?? this.#missing(key, what);
  }

  oneOf<const T extends string>(key: string, allowed: readonly T[]): T {
    const found = allowed.find((one) => one === this.#map.get(key));
    if (found !== undefined) return found;
    if (!this.has(key)) return this.#missing(key, `one of ${allowed.join(", ")}`);
    throw this.#error(this.#name(key), this.#map.get(key, true), `must be one of ${allowed.join(", ")}`);
  }

  port(key: string): number | undefined {
    if (!this.has(key)) return undefined;
    const value = this.#map.get(key);
    if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65535) return value;
    throw this.#error(this.#name(key), this.#map.get(key, true), "must be a port from 1 to 65535");
  }

  url(key: string): string {
    const value = this.requiredText(key, printable, "an http or https URL");
    if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) return value;
    throw this.#error(this.#name(key), this.#map.get(key, true), "must be an http or https URL");
  }

  #name(key: string): string {
    return this.#path === "" ? key : `${this.#path}.${key}`;
  }

  #missing(key: string, what: string): never {
    throw new ConfigError(`Input "traffic" must have "${this.#name(key)}": ${what}, got nothing`);
  }

  #error(name: string, node: unknown, rule: string, got?: string): ConfigError {
    const value = isScalar(node) ? `"${String(node.value)}"` : "no text";
    const range = (node as { range?: readonly number[] | null } | undefined)?.range;
    const place = range?.[0] === undefined ? "" : ` at line ${this.#lines.linePos(range[0]).line}`;
    const subject =
      got === undefined ? `"${name}"` : this.#path === "" ? "its keys" : `keys of "${this.#path}"`;
    return new ConfigError(`Input "traffic"${place}: ${subject} ${rule}: got ${got ?? value}`);
  }
}

function firstLine(text: string): string {
  return (text.split("\n")[0] ?? "").slice(0, 120);
}
