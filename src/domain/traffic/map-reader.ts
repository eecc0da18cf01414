import { isMap, isScalar, type LineCounter, type YAMLMap } from "yaml";
import { ConfigError } from "../../core/errors.ts";

const printable = /^[!-~]+$/;

/** Reads one mapping of the input "traffic" and says of each thing that is wrong where it stands. */
export class MapReader {
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
