import { ConfigError, messageOf } from "../../core/errors.ts";
import { at, isRecord, listAt, textAt } from "../../core/json.ts";
import { keyOf, type Sample, type Series } from "./series.ts";

/** Recorded series, and recorded answers to queries that are more than a selection of them. */
export interface SeriesFile {
  readonly series: readonly Series[];
  /** By the text of the query, its white space set to single blanks. */
  readonly queries: ReadonlyMap<string, readonly Series[]>;
}

/** Where a document stands wrong, and what must be there. */
type Refuse = (path: string, problem: string) => ConfigError;

/** Reads a file of series: an answer of Prometheus, a list of series, or both of the format's keys. */
export function parseSeriesFile(input: string, text: string): SeriesFile {
  const refuse: Refuse = (path, problem) =>
    new ConfigError(`Input "${input}" must follow its format: ${path || "the document"} ${problem}`);
  const document = parseDocument(input, text);
  const isWhole = isRecord(document) && ("series" in document || "queries" in document);
  if (!isWhole)
    return { series: readSeriesList(document, { path: "", isNamed: true, refuse }), queries: new Map() };
  const stray = Object.keys(document).find((key) => key !== "series" && key !== "queries");
  if (stray !== undefined) throw refuse("", `has an unknown key "${stray}": it holds series and queries`);
  return {
    series:
      document.series === undefined
        ? []
        : readSeriesList(document.series, { path: "series", isNamed: true, refuse }),
    queries: readQueries(document.queries, refuse),
  };
}

/** A query without what its writer was free to write otherwise. */
export function plainQuery(query: string): string {
  return query.trim().replace(/\s+/g, " ");
}

function parseDocument(input: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`Input "${input}" must name a JSON file: ${messageOf(error)}`);
  }
}

function readQueries(value: unknown, refuse: Refuse): SeriesFile["queries"] {
  if (value === undefined) return new Map();
  if (!isRecord(value)) throw refuse("queries", "must be a mapping of queries to their answers");
  return new Map(
    Object.entries(value).map(([query, answer]) => {
      const path = `queries[${JSON.stringify(query)}]`;
      return [plainQuery(query), readSeriesList(answer, { path, isNamed: false, refuse })] as const;
    }),
  );
}

interface Place {
  readonly path: string;
  /** Whether each series must have the name of its metric: a selector finds it by that. */
  readonly isNamed: boolean;
  readonly refuse: Refuse;
}

function readSeriesList(value: unknown, place: Place): readonly Series[] {
  const { list, path } = listOf(value, place);
  const seen = new Map<string, string>();
  return list.map((one, index) => {
    const here = `${path}[${index}]`;
    const series = readSeries(one, { ...place, path: here });
    const key = keyOf(series.labels);
    const twin = seen.get(key);
    if (twin !== undefined) throw place.refuse(here, `must differ from ${twin}: its labels are the same`);
    seen.set(key, here);
    return series;
  });
}

/** The list itself, or that of an answer of Prometheus. */
function listOf(
  value: unknown,
  { path, refuse }: Place,
): { readonly list: readonly unknown[]; readonly path: string } {
  if (Array.isArray(value)) return { list: value, path: path || "series" };
  const status = textAt(value, "status");
  if (status === undefined)
    throw refuse(path, "must be a list of series, or an answer of Prometheus with status and data");
  if (status !== "success")
    throw refuse(
      path,
      `must be an answer with success: got ${status}: ${textAt(value, "error") ?? "no reason"}`,
    );
  const gap = listAt(value, "warnings").find((warning) => !String(warning).startsWith("PromQL "));
  if (gap !== undefined || at(value, "isPartial") === true)
    throw refuse(path, `must be a whole answer: got one in part only${gap === undefined ? "" : `: ${gap}`}`);
  const type = textAt(value, "data", "resultType");
  const result = at(value, "data", "result");
  if (type !== "matrix" || !Array.isArray(result))
    throw refuse(path, `must be an answer of type matrix: got ${type ?? "none"}`);
  return { list: result, path: path === "" ? "data.result" : `${path}.data.result` };
}

function readSeries(value: unknown, { path, isNamed, refuse }: Place): Series {
  const metric = at(value, "metric");
  if (!isRecord(metric)) throw refuse(`${path}.metric`, "must be a mapping of labels to texts");
  const [label, odd] = Object.entries(metric).find(([, text]) => typeof text !== "string") ?? [];
  if (label !== undefined)
    throw refuse(`${path}.metric.${label}`, `must be a text: got ${JSON.stringify(odd)}`);
  const labels = metric as Series["labels"];
  if (isNamed && (labels.__name__ ?? "") === "")
    throw refuse(`${path}.metric`, "must have the name of its metric as __name__");
  const values = at(value, "values");
  if (!Array.isArray(values))
    throw refuse(
      `${path}.values`,
      'must be a list of [seconds, "value"]: only series of plain numbers are read',
    );
  const samples = values.map((pair: unknown, index) => readSample(pair, `${path}.values[${index}]`, refuse));
  const late = samples.findIndex(
    ({ ms }, index) => ms <= (samples[index - 1]?.ms ?? Number.NEGATIVE_INFINITY),
  );
  if (late >= 0) throw refuse(`${path}.values[${late}]`, "must be later than the one before it");
  return { labels, samples };
}

function readSample(pair: unknown, path: string, refuse: Refuse): Sample {
  const [seconds, value]: readonly unknown[] = Array.isArray(pair) && pair.length === 2 ? pair : [];
  const number = readValue(value);
  if (typeof seconds === "number" && Number.isFinite(seconds) && number !== undefined)
    return { ms: Math.round(seconds * 1000), value: number };
  throw refuse(path, `must be [seconds, "value"]: got ${JSON.stringify(pair)?.slice(0, 100)}`);
}

/** As Prometheus writes numbers, or as JSON does. Undefined where it is neither. */
export function readValue(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return undefined;
  if (value === "+Inf") return Number.POSITIVE_INFINITY;
  if (value === "-Inf") return Number.NEGATIVE_INFINITY;
  if (value === "NaN") return Number.NaN;
  const number = Number(value);
  return value.trim() === "" || Number.isNaN(number) ? undefined : number;
}

/** When the first and the last sample of a file were scraped; undefined where it has none. */
export function spanOfFile({
  series,
  queries,
}: SeriesFile): { readonly firstMs: number; readonly lastMs: number } | undefined {
  const all = [...series, ...[...queries.values()].flat()].filter(({ samples }) => samples.length > 0);
  if (all.length === 0) return undefined;
  return {
    firstMs: all.reduce(
      (first, { samples }) => Math.min(first, samples[0]?.ms ?? first),
      Number.POSITIVE_INFINITY,
    ),
    lastMs: all.reduce(
      (last, { samples }) => Math.max(last, samples.at(-1)?.ms ?? last),
      Number.NEGATIVE_INFINITY,
    ),
  };
}
