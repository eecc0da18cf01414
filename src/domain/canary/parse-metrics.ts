import { parseDurationMs } from "../../core/duration.ts";
import type { ConfigError } from "../../core/errors.ts";
import { type CheckedYaml, parseCheckedYaml, type YamlSource } from "../document/checked-yaml.ts";
import type { GaugeRule } from "./gauge.ts";
import type { CountedMetric, CountSource, Metric, MetricLimit, ValuedMetric, ValueSource } from "./metric.ts";
import { type MetricsDocument, metricsShape } from "./metrics-shape.ts";
import { measureOf } from "./parse-criteria.ts";
import { kayentaTestOf } from "./parse-kayenta.ts";

export type Entry = MetricsDocument[number];
export type Refuse = (key: keyof Entry, problem: string) => ConfigError;

export interface RatioDefaults {
  readonly toleratedRatio: number;
  readonly unacceptableRatio: number;
}

/** Reads the `metrics` format. Every query must tell the arms apart and be a counter that can be differenced. */
export function parseMetrics(source: YamlSource, defaults: RatioDefaults): readonly Metric[] {
  const checked = parseCheckedYaml(source, metricsShape);
  refuseTwins(checked);
  refuseTwoScores(checked);
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

/** There is one score of all metrics together. */
function refuseTwoScores({ value, refuse }: CheckedYaml<MetricsDocument>): void {
  const scoring = [...value.entries()].filter(([, { kayenta }]) => kayenta?.score !== undefined);
  const second = scoring[1]?.[0];
  if (second !== undefined)
    throw refuse([second, "kayenta", "score"], "another metric says what a score means");
}

function metricOf(entry: Entry, defaults: RatioDefaults, refuse: Refuse): Metric {
  const ratios = ratiosOf(entry, defaults, refuse);
  const isValued = entry.gauge !== undefined || entry.query !== undefined;
  if (isValued) return valuedMetric(entry, ratios, refuse);
  const stray = valuedKeys.find((key) => entry[key] !== undefined);
  if (stray !== undefined) throw refuse(stray, "is for metrics with gauge or query");
  return countedMetric(entry, ratios, refuse);
}

/** What only a metric of plain values may say. */
export const valuedKeys = [
  "test",
  "direction",
  "kayenta",
  "looks",
  "pairs-per-look",
  "pass",
  "warning",
  "fail",
  "failure-limit",
  "inconclusive-limit",
  "consecutive-errors",
  "consecutive-successes",
] as const;

function ratiosOf(entry: Entry, defaults: RatioDefaults, refuse: Refuse): RatioDefaults {
  const toleratedRatio = entry["tolerated-ratio"] ?? defaults.toleratedRatio;
  const unacceptableRatio = entry["unacceptable-ratio"] ?? defaults.unacceptableRatio;
  if (unacceptableRatio > toleratedRatio) return { toleratedRatio, unacceptableRatio };
  const wanted = `must be above the tolerated ratio of ${toleratedRatio}`;
  throw refuse("unacceptable-ratio", `${wanted}: got ${unacceptableRatio}`);
}

function countedMetric(entry: Entry, ratios: RatioDefaults, refuse: Refuse): CountedMetric {
  const source = sourceOf(entry, refuse);
  const limit = limitOf(entry, source, refuse);
  return {
    name: entry.name,
    source,
    ...(limit === undefined ? {} : { limit }),
    ...ratios,
    ...(entry.strata === undefined ? {} : { strata: entry.strata }),
    weight: entry.weight ?? 1,
    critical: entry.critical ?? true,
  };
}

function sourceOf({ errors, requests, buckets }: Entry, refuse: Refuse): CountSource {
  if (buckets !== undefined) {
    if (errors !== undefined) throw refuse("errors", "and buckets exclude each other: got both");
    if (requests !== undefined) throw refuse("requests", "and buckets exclude each other: got both");
    return { kind: "latency", buckets: selector("buckets", buckets, refuse) };
  }
  if (errors === undefined)
    throw refuse("errors", "is missing: a metric has errors and requests, buckets, a gauge or a query");
  if (requests === undefined) throw refuse("requests", "is missing: errors are a share of requests");
  return {
    kind: "errors",
    errors: selector("errors", errors, refuse),
    requests: selector("requests", requests, refuse),
  };
}

/** What says twice, or not at all, where the values come from is refused with the key that is too much. */
function valuedMetric(entry: Entry, ratios: RatioDefaults, refuse: Refuse): ValuedMetric {
  for (const key of ["errors", "requests", "buckets", "limit", "strata"] as const) {
    if (entry[key] !== undefined) throw refuse(key, "and gauge or query exclude each other: got both");
  }
  if (entry.gauge !== undefined && entry.query !== undefined)
    throw refuse("query", "and gauge exclude each other: got both");
  const measure = measureOf(entry, refuse);
  const kayenta = kayentaTestOf(entry, refuse);
  const compare = kayenta === undefined ? compareOf(entry, ratios, refuse) : undefined;
  if (kayenta !== undefined) refuseBesideKayenta(entry, refuse);
  if (measure === undefined && compare === undefined && kayenta === undefined)
    throw refuse("pass", "is missing: with test none, only criteria can decide");
  return {
    name: entry.name,
    source: valueSourceOf(entry, refuse),
    ...(compare === undefined ? {} : { compare }),
    ...(measure === undefined ? {} : { measure }),
    ...(kayenta === undefined ? {} : { kayenta }),
    weight: entry.weight ?? 1,
    critical: entry.critical ?? true,
  };
}

/** Kayenta's score has no place for what else a metric may be asked. */
function refuseBesideKayenta(entry: Entry, refuse: Refuse): void {
  const keys = ["looks", "pairs-per-look", "pass", "fail", "tolerated-ratio", "unacceptable-ratio"] as const;
  const stray = keys.find((key) => entry[key] !== undefined);
  if (stray !== undefined) throw refuse(stray, "and the test kayenta exclude each other: got both");
}

function valueSourceOf({ gauge, query }: Entry, refuse: Refuse): ValueSource {
  if (gauge !== undefined) return { kind: "gauge", gauge: selector("gauge", gauge, refuse) };
  if (query?.includes("{{arm}}") === true) return { kind: "value", query: query.trim() };
  throw refuse(
    "query",
    `must hold {{arm}}, where the matchers of baseline or candidate go: got ${quote(query ?? "")}`,
  );
}

const defaultLooks = 4;
const defaultPairsPerLook = 10;
// Kayenta's: a shift within a quarter of its own size is no change.
const shiftTolerance = 0.25;

/** A gauge is compared with the baseline unless it only has criteria; a query is compared where it says so. */
function compareOf(entry: Entry, ratios: RatioDefaults, refuse: Refuse): GaugeRule | undefined {
  const hasCriteria = entry.pass !== undefined || entry.fail !== undefined;
  const test = entry.test ?? (hasCriteria ? "none" : "sign");
  if (test !== "mann-whitney") {
    const stray = (["looks", "pairs-per-look"] as const).find((key) => entry[key] !== undefined);
    if (stray !== undefined)
      throw refuse(stray, "is for the test mann-whitney, which looks at planned times");
  }
  if (test === "none") {
    if (entry.direction !== undefined)
      throw refuse("direction", "needs a test: criteria say themselves what is worse");
    return undefined;
  }
  const direction = entry.direction === "decrease" ? "decrease" : "increase";
  if (test === "sign") return { direction, ...ratios, test: { kind: "sign" } };
  const looks = entry.looks ?? defaultLooks;
  const pairsPerLook = entry["pairs-per-look"] ?? defaultPairsPerLook;
  return {
    direction,
    ...ratios,
    test: { kind: "mann-whitney", looks, pairsPerLook, tolerance: shiftTolerance },
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

function limitOf({ limit }: Entry, source: CountSource, refuse: Refuse): MetricLimit | undefined {
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
