import { OutsideError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import type { Series } from "../domain/canary/series.ts";
import type { Http, HttpAnswer } from "./http.ts";
import { parseList, parseMatrix, parseVector } from "./prometheus-answer.ts";

export interface TimeSpan {
  readonly startMs: number;
  readonly endMs: number;
}

/** A store of metrics that answers with what it scraped, not with what it makes of it. */
export interface MetricsSource {
  /** The raw samples of a plain selector, each with the time of its scrape. No series is an empty list. */
  samples(selector: string, span: TimeSpan, signal?: AbortSignal): Promise<readonly Series[]>;
  /** What an expression is worth at a time: series of one sample each. */
  values(expression: string, atMs: number, signal?: AbortSignal): Promise<readonly Series[]>;
  /** What the store has remarked beside its answers so far, and what is to be known of its clock. */
  remarks?(): readonly string[];
  /** How far the store's clock is ahead of ours. Undefined where it does not say. */
  clockSkew?(signal?: AbortSignal): Promise<ClockSkew | undefined>;
  readonly catalog?: MetricsCatalog;
}

export interface ClockSkew {
  /** Negative where the store is behind. */
  readonly aheadMs: number;
  /** The truth lies within so much of it. */
  readonly uncertaintyMs: number;
}

/** What a store knows. Undefined where it does not tell: to ask is a convenience that many gateways refuse. */
export interface MetricsCatalog {
  metricNames(span: TimeSpan, signal?: AbortSignal): Promise<readonly string[] | undefined>;
  labelsOf(
    metric: string,
    span: TimeSpan,
    signal?: AbortSignal,
  ): Promise<readonly Series["labels"][] | undefined>;
}

export interface PrometheusLimits {
  /** Of one query, tries and reading included. */
  readonly budgetMs: number;
  readonly maxBytes: number;
}

const usualLimits: PrometheusLimits = { budgetMs: 15_000, maxBytes: 32 * 1024 * 1024 };
/** What only makes an error kinder, or the time better known, may take less. */
const briefLimits: PrometheusLimits = { budgetMs: 5000, maxBytes: 8 * 1024 * 1024 };
/** An answer and what is read from it lie in memory together, so only so many are under way. */
const queriesAtOnce = 4;

/** Prometheus, or what speaks its query API: Thanos, Mimir, VictoriaMetrics. */
export function prometheus(
  baseUrl: string,
  http: Http,
  limits: PrometheusLimits = usualLimits,
): MetricsSource {
  const base = baseUrl.replace(/\/+$/, "");
  const ask = asker(base, http, limits);
  const askBriefly = asker(base, http, briefLimits);
  const notes = noteBook();
  const query = (text: string, atMs: number, signal: AbortSignal | undefined) =>
    ask("query", { query: text, time: (atMs / 1000).toFixed(3) }, signal);
  return {
    values: async (expression, atMs, signal) => {
      const { series, notes: said } = parseVector(await query(expression, atMs, signal), expression);
      for (const note of said) notes.add(note);
      return series;
    },
    samples: async (selector, { startMs, endMs }, signal) => {
      // A range vector gives the scraped samples. query_range would fill its grid from up to five minutes before,
      // which hides restarts and makes a dead target look alive.
      const lookback = Math.max(1, Math.ceil(endMs - startMs));
      const answer = await query(`${selector}[${lookback}ms]`, endMs, signal);
      const { series, notes: said } = parseMatrix(answer, selector);
      for (const note of said) notes.add(note);
      return series;
    },
    remarks: () => [...notes],
    clockSkew: (signal) => readSkew(askBriefly, signal),
    catalog: catalogOf(askBriefly),
  };
}

type Ask = (
  path: string,
  parameters: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
) => Promise<HttpAnswer>;

function asker(base: string, http: Http, { budgetMs, maxBytes }: PrometheusLimits): Ask {
  const enter = turnstile(queriesAtOnce);
  return (path, parameters, signal) =>
    enter(() =>
      http(`${base}/api/v1/${path}?${new URLSearchParams(parameters)}`, {
        headers: { accept: "application/json" },
        budgetMs,
        maxBytes,
        retries: 2,
        ...(signal === undefined ? {} : { signal }),
      }),
    );
}

const mostNotes = 50;

/** Different remarks, of which a store may make one for each series. */
function noteBook() {
  const notes = new Set<string>();
  return {
    [Symbol.iterator]: () => notes[Symbol.iterator](),
    add: (note: string) => {
      if (notes.size < mostNotes) notes.add(note);
    },
  };
}

/** Lets so many in at once; the others wait in order. */
function turnstile(places: number): <T>(body: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let inside = 0;
  return async (body) => {
    if (inside >= places) await new Promise<void>((resolve) => waiting.push(resolve));
    else inside++;
    try {
      return await body();
    } finally {
      const next = waiting.shift();
      if (next === undefined) inside--;
      else next();
    }
  };
}

/**
 * The time of the query itself, else that of the answer. Only without its cache does VictoriaMetrics answer for now, and
 * a cache on the way has not seen this address before.
 */
async function readSkew(ask: Ask, signal: AbortSignal | undefined): Promise<ClockSkew | undefined> {
  const askedMs = Date.now();
  let answer: HttpAnswer;
  try {
    answer = await ask("query", { query: "time()", nocache: "1", _: String(askedMs) }, signal);
  } catch (error) {
    if (error instanceof OutsideError) return undefined;
    throw error;
  }
  const answeredMs = Date.now();
  const middleMs = (askedMs + answeredMs) / 2;
  const roundMs = (answeredMs - askedMs) / 2;
  const evaluatedMs = timeIn(answer);
  if (evaluatedMs !== undefined) return { aheadMs: evaluatedMs - middleMs, uncertaintyMs: roundMs };
  // The header has whole seconds: half a second is added for the rest.
  const statedMs = Date.parse(answer.headers.get("date") ?? "") + 500;
  return Number.isFinite(statedMs)
    ? { aheadMs: statedMs - middleMs, uncertaintyMs: roundMs + 500 }
    : undefined;
}

function timeIn(answer: HttpAnswer): number | undefined {
  try {
    const value = parseVector(answer, "time()").series[0]?.samples[0]?.value;
    return value !== undefined && value > 0 ? value * 1000 : undefined;
  } catch {
    return undefined;
  }
}

function catalogOf(ask: Ask): MetricsCatalog {
  const list = async (path: string, parameters: Readonly<Record<string, string>>, signal?: AbortSignal) => {
    try {
      return parseList(await ask(path, parameters, signal), path);
    } catch (error) {
      if (signal?.aborted === true) throw error;
      return undefined;
    }
  };
  let names: Promise<readonly string[] | undefined> | undefined;
  return {
    metricNames: (span, signal) => {
      // There may be a hundred thousand, and several queries that ask for them.
      names ??= list("label/__name__/values", secondsOf(span), signal).then((all) =>
        all?.filter((name) => typeof name === "string"),
      );
      return names;
    },
    labelsOf: async (metric, span, signal) => {
      const match = `{__name__=${JSON.stringify(metric)}}`;
      const sets = await list("series", { "match[]": match, ...secondsOf(span) }, signal);
      return sets?.filter(isRecord).map((labels) => textsOf(labels));
    },
  };
}

function secondsOf({ startMs, endMs }: TimeSpan) {
  return { start: (startMs / 1000).toFixed(3), end: (endMs / 1000).toFixed(3) };
}

function textsOf(labels: Readonly<Record<string, unknown>>): Series["labels"] {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]));
}
