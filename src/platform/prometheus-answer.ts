import { ConfigError, OutsideError } from "../core/errors.ts";
import { at, isRecord, listAt, parseJson, textAt } from "../core/json.ts";
import type { Sample, Series } from "../domain/canary/series.ts";
import { readValue } from "../domain/canary/series-file.ts";
import { type HttpAnswer, withoutSecrets } from "./http.ts";

/** What an answer holds, and what the store says beside it. */
export interface Parsed {
  readonly series: readonly Series[];
  readonly notes: readonly string[];
}

/** The raw samples that a range selector is answered with. */
export function parseMatrix(answer: HttpAnswer, selector: string): Parsed {
  const { from, type, result, notes } = resultOf(answer, selector);
  if (type !== "matrix" || !Array.isArray(result))
    throw new OutsideError(`${from} answered ${selector} with something that is not a list of series`);
  return { notes, series: result.map((series: unknown) => readSeries(series, from)) };
}

/** What an expression is worth: series of one sample each. */
export function parseVector(answer: HttpAnswer, expression: string): Parsed {
  const { from, type, result, notes } = resultOf(answer, expression);
  if (type === "scalar") return { notes, series: [{ labels: {}, samples: [readSample(result, from)] }] };
  if (type !== "vector" || !Array.isArray(result))
    throw new OutsideError(`${from} answered ${expression} with something that is no number`);
  const series = result.map((one: unknown) => ({
    labels: labelsOf(at(one, "metric"), from),
    samples: [readSample(at(one, "value"), from)],
  }));
  return { notes, series };
}

/** The data of an answer that is a list, such as names of metrics or sets of labels. */
export function parseList(answer: HttpAnswer, what: string): readonly unknown[] {
  const { from, data } = documentOf(answer, what);
  if (!Array.isArray(data)) throw new OutsideError(`${from} answered ${what} with something that is no list`);
  return data;
}

function resultOf(answer: HttpAnswer, query: string) {
  const { from, document, data } = documentOf(answer, query);
  return {
    from,
    type: textAt(data, "resultType"),
    result: at(data, "result"),
    notes: notesOf(document, query, from),
  };
}

/**
 * Remarks on the query itself are kept. Anything else that a store warns of means that a part of it did not answer: the
 * counters that are missing would look like a version without errors.
 */
function notesOf(document: unknown, query: string, from: string): readonly string[] {
  const warnings = listAt(document, "warnings").map(String);
  const gaps = warnings.filter((warning) => !warning.startsWith("PromQL "));
  if (gaps.length > 0 || at(document, "isPartial") === true) {
    const told = gaps[0] === undefined ? "" : `: ${brief(gaps[0])}`;
    throw new OutsideError(`${from} answered ${query} in part only${told}`);
  }
  return [...warnings, ...listAt(document, "infos").map(String)].map(brief);
}

function documentOf(answer: HttpAnswer, query: string) {
  const from = `Prometheus at ${withoutSecrets(answer.url)}`;
  const { status, headers } = answer;
  if (status >= 300 && status < 400) {
    const target = headers.get("location") ?? "";
    const where = URL.canParse(target, answer.url)
      ? withoutSecrets(new URL(target, answer.url).href)
      : "nowhere";
    throw new OutsideError(`${from} answered ${status} and sends to ${where}: is it behind a login page`);
  }
  const contentType = (headers.get("content-type") ?? "nothing").split(";")[0]?.trim() ?? "";
  const document = /^application\/(.+\+)?json$/.test(contentType) ? parseJson(answer.text) : undefined;
  const problem = textAt(document, "error");
  if (problem !== undefined && textAt(document, "errorType") === "bad_data") {
    throw new ConfigError(`Prometheus refused the query ${query}: ${brief(problem)}`);
  }
  if (status !== 200)
    throw new OutsideError(
      `${from} answered ${status}${problem ? `: ${brief(problem)}` : (hints[status] ?? "")}`,
    );
  if (document === undefined) {
    const what = contentType.endsWith("json") ? "JSON that is broken or cut off" : `${contentType}, not JSON`;
    throw new OutsideError(`${from} answered with ${what}`);
  }
  if (textAt(document, "status") !== "success") throw new OutsideError(`${from} did not answer with success`);
  return { from, document, data: at(document, "data") };
}

const hints: Readonly<Record<number, string>> = {
  401: ": does it want another login or token",
  403: ": does it want another login or token",
  404: ": does its path want another prefix",
};

function readSeries(series: unknown, from: string): Series {
  const labels = labelsOf(at(series, "metric"), from);
  const values = at(series, "values");
  if (!Array.isArray(values))
    throw new OutsideError(`${from} answered with a series without samples of a plain counter`);
  return { labels, samples: values.map((pair: unknown) => readSample(pair, from)) };
}

function labelsOf(metric: unknown, from: string): Series["labels"] {
  if (!isRecord(metric)) throw new OutsideError(`${from} answered with a series without labels`);
  return Object.fromEntries(Object.entries(metric).map(([name, value]) => [name, String(value)]));
}

function readSample(pair: unknown, from: string): Sample {
  const [seconds, text]: readonly unknown[] = Array.isArray(pair) ? pair : [];
  const value = typeof text === "string" ? readValue(text) : undefined;
  if (typeof seconds !== "number" || value === undefined)
    throw new OutsideError(`${from} answered with a sample of an unknown form`);
  return { ms: Math.round(seconds * 1000), value };
}

function brief(text: string): string {
  return text.replace(/\s+/g, " ").slice(0, 300);
}
