import { ConfigError, OutsideError } from "../core/errors.ts";
import { at, isRecord, textAt } from "../core/json.ts";
import type { Sample, Series } from "../domain/canary/series.ts";
import { type Http, type HttpAnswer, withoutSecrets } from "./http.ts";

export interface TimeSpan {
  readonly startMs: number;
  readonly endMs: number;
}

/** A store of metrics that answers with what it scraped, not with what it makes of it. */
export interface MetricsSource {
  /** The raw samples of a plain selector, each with the time of its scrape. No series is an empty list. */
  samples(selector: string, span: TimeSpan, signal?: AbortSignal): Promise<readonly Series[]>;
}

const budgetMs = 15_000;
const maxBytes = 32 * 1024 * 1024;

/** Prometheus, or what speaks its query API: Thanos, Mimir, VictoriaMetrics. */
export function prometheus(baseUrl: string, http: Http): MetricsSource {
  const base = baseUrl.replace(/\/+$/, "");
  return {
    samples: async (selector, { startMs, endMs }, signal) => {
      // A range vector gives the scraped samples. query_range would fill its grid from up to five minutes before,
      // which hides restarts and makes a dead target look alive.
      const lookback = Math.max(1, Math.ceil(endMs - startMs));
      const query = new URLSearchParams({
        query: `${selector}[${lookback}ms]`,
        time: (endMs / 1000).toFixed(3),
      });
      const url = `${base}/api/v1/query?${query}`;
      const answer = await http(url, {
        headers: { accept: "application/json" },
        budgetMs,
        maxBytes,
        retries: 2,
        ...(signal === undefined ? {} : { signal }),
      });
      return parseAnswer(answer, selector);
    },
  };
}

function parseAnswer(answer: HttpAnswer, selector: string): readonly Series[] {
  const from = `Prometheus at ${withoutSecrets(answer.url)}`;
  const { status, headers } = answer;
  if (status >= 300 && status < 400) {
    const target = headers.get("location") ?? "";
    const where = URL.canParse(target, answer.url)
      ? withoutSecrets(new URL(target, answer.url).href)
      : "nowhere";
    throw new OutsideError(`${from} answered ${status} and sends to ${where}: is it behind a login page`);
  }
  const type = (headers.get("content-type") ?? "nothing").split(";")[0]?.trim() ?? "";
  const document = /^application\/(.+\+)?json$/.test(type) ? parseJson(answer.text) : undefined;
  const problem = textAt(document, "error");
  if (problem !== undefined && textAt(document, "errorType") === "bad_data") {
    throw new ConfigError(`Prometheus refused the query ${selector}: ${brief(problem)}`);
  }
  if (status !== 200)
    throw new OutsideError(`${from} answered ${status}${problem ? `: ${brief(problem)}` : ""}`);
  if (document === undefined) {
    const what = type.endsWith("json") ? "JSON that is broken or cut off" : `${type}, not JSON`;
    throw new OutsideError(`${from} answered with ${what}`);
  }
  if (textAt(document, "status") !== "success") throw new OutsideError(`${from} did not answer with success`);
  const result = at(document, "data", "result");
  if (textAt(document, "data", "resultType") !== "matrix" || !Array.isArray(result)) {
    throw new OutsideError(`${from} answered ${selector} with something that is not a list of series`);
  }
  return result.map((series: unknown) => readSeries(series, from));
}

function readSeries(series: unknown, from: string): Series {
  const metric = at(series, "metric");
  const values = at(series, "values");
  if (!isRecord(metric) || !Array.isArray(values)) {
    throw new OutsideError(`${from} answered with a series without samples of a plain counter`);
  }
  const labels = Object.fromEntries(Object.entries(metric).map(([name, value]) => [name, String(value)]));
  return { labels, samples: values.map((pair: unknown) => readSample(pair, from)) };
}

function readSample(pair: unknown, from: string): Sample {
  const [seconds, text]: readonly unknown[] = Array.isArray(pair) ? pair : [];
  if (typeof seconds !== "number" || typeof text !== "string") {
    throw new OutsideError(`${from} answered with a sample of an unknown form`);
  }
  return { ms: Math.round(seconds * 1000), value: readValue(text) };
}

function readValue(text: string): number {
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  if (text === "-Inf") return Number.NEGATIVE_INFINITY;
  return text === "" ? Number.NaN : Number(text);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function brief(text: string): string {
  return text.replace(/\s+/g, " ").slice(0, 300);
}
