import { parseDurationMs } from "../../core/duration.ts";
import type { ConfigError } from "../../core/errors.ts";
import { type CheckedYaml, parseCheckedYaml, type YamlSource } from "../document/checked-yaml.ts";
import type { Metric, MetricLimit, MetricSource } from "./metric.ts";
import { type MetricsDocument, metricsShape } from "./metrics-shape.ts";

type Entry = MetricsDocument[number];
type Refuse = (key: keyof Entry, problem: string) => ConfigError;

export interface RatioDefaults {
  readonly toleratedRatio: number;
  readonly unacceptableRatio: number;
}

/** Reads the `metrics` format. Every query must tell the arms apart and be a counter that can be differenced. */
export function parseMetrics(source: YamlSource, defaults: RatioDefaults): readonly Metric[] {
  const checked = parseCheckedYaml(source, metricsShape);
  refuseTwins(checked);
  if (checked.value.every((entry) => entry.critical === false)) {
    throw checked.refuse([0], "no metric is critical, so none could decide");
  }
  return checked.value.map((entry, index) =>
    metricOf(entry, defaults, (key, problem) => {
      const place = entry[key] === undefined ? [index] : [index, key];
      return checked.refuse(place, `[${index}].${key} ${problem}`);
    }),
  );
}

function refuseTwins({ value, refuse }: CheckedYaml<MetricsDocument>): void {
  const seen = new Set<string>();
  for (const [index, { name }] of value.entries()) {
    if (seen.has(name)) throw refuse([index, "name"], `two metrics have the name "${name}"`);
    seen.add(name);
  }
}

function metricOf(entry: Entry, defaults: RatioDefaults, refuse: Refuse): Metric {
  const source = sourceOf(entry, refuse);
  const limit = limitOf(entry, source, refuse);
  const unacceptableRatio = entry["unacceptable-ratio"] ?? defaults.unacceptableRatio;
  if (unacceptableRatio <= defaults.toleratedRatio) {
    const wanted = `must be above the tolerated ratio of ${defaults.toleratedRatio}`;
    throw refuse("unacceptable-ratio", `${wanted}: got ${unacceptableRatio}`);
  }
  return {
    name: entry.name,
    source,
    ...(limit === undefined ? {} : { limit }),
    toleratedRatio: defaults.toleratedRatio,
    unacceptableRatio,
    weight: entry.weight ?? 1,
    critical: entry.critical ?? true,
  };
}

function sourceOf({ errors, requests, buckets }: Entry, refuse: Refuse): MetricSource {
  if (buckets !== undefined) {
    if (errors !== undefined) throw refuse("errors", "and buckets exclude each other: got both");
    if (requests !== undefined) throw refuse("requests", "and buckets exclude each other: got both");
    return { kind: "latency", buckets: selector("buckets", buckets, refuse) };
  }
  if (errors === undefined)
    throw refuse("errors", "is missing: a metric has errors and requests, or buckets");
  if (requests === undefined) throw refuse("requests", "is missing: errors are a share of requests");
  return {
    kind: "errors",
    errors: selector("errors", errors, refuse),
    requests: selector("requests", requests, refuse),
  };
}

const plainSelector = /^([a-zA-Z_:][a-zA-Z0-9_:]*)?\s*\{.*\}$/s;

function selector(key: keyof Entry, text: string, refuse: Refuse): string {
  const trimmed = text.trim();
  if (!plainSelector.test(trimmed)) {
    const why = "rates and sums are taken here, series by series";
    throw refuse(
      key,
      `must be a plain selector such as http_requests_total{{{arm}}}, ${why}: got ${quote(text)}`,
    );
  }
  if (!trimmed.includes("{{arm}}")) {
    throw refuse(
      key,
      `must hold {{arm}}, where the matchers of baseline or candidate go: got ${quote(text)}`,
    );
  }
  return trimmed;
}

function limitOf({ limit }: Entry, source: MetricSource, refuse: Refuse): MetricLimit | undefined {
  if (source.kind === "errors") {
    if (limit === undefined) return undefined;
    const share = typeof limit === "number" ? limit : percent(limit);
    if (share > 0 && share < 1) return { share };
    throw refuse("limit", `must be a share of requests such as 1% or 0.01: got ${quote(limit)}`);
  }
  if (limit === undefined) throw refuse("limit", 'is missing: buckets need a quantile such as "p95 500ms"');
  const [, quantile, duration] = /^p(\S+)\s+(\S+)$/.exec(String(limit)) ?? [];
  const share = Math.round((1 - Number(quantile) / 100) * 1e6) / 1e6;
  if (duration === undefined || !(share > 0 && share < 1)) {
    throw refuse("limit", `must be a quantile and a duration such as "p95 500ms": got ${quote(limit)}`);
  }
  return { share, seconds: parseDurationMs("metrics", duration) / 1000 };
}

function percent(text: string): number {
  const [, digits] = /^(\S+?)\s*%$/.exec(text) ?? [];
  return digits === undefined ? Number.NaN : Number(digits) / 100;
}

function quote(value: string | number): string {
  return JSON.stringify(value);
}
