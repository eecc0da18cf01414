import { readFile, stat } from "node:fs/promises";
import { CancelledError, ConfigError, messageOf } from "../core/errors.ts";
import { parseSelector, selects } from "../domain/canary/selector.ts";
import type { Series } from "../domain/canary/series.ts";
import { parseSeriesFile, plainQuery, type SeriesFile, spanOfFile } from "../domain/canary/series-file.ts";
import type { Clock } from "./clock.ts";
import type { MetricsSource, TimeSpan } from "./prometheus.ts";

/** A file of recorded series as a store, and the time of its recording. */
export interface RecordedSource extends MetricsSource {
  readonly recorded: { readonly firstMs: number; readonly lastMs: number };
}

const maxBytes = 128 * 1024 * 1024;
/** As far as Prometheus looks back for the newest sample of a series. */
const lookbackMs = 5 * 60_000;

/** Opens a file of series. Everything in it is checked first. */
export async function seriesSource(input: string, path: string): Promise<RecordedSource> {
  const file = parseSeriesFile(input, await readText(input, path));
  const recorded = spanOfFile(file);
  if (recorded === undefined)
    throw new ConfigError(`Input "${input}" must hold samples: got none in ${path}`);
  const found = new Map<string, readonly Series[]>();
  const answer = (query: string): readonly Series[] => {
    const known = found.get(query) ?? answerFrom(file, query, input);
    found.set(query, known);
    return known;
  };
  return {
    recorded,
    samples: async (selector, span) => answer(selector).flatMap((one) => within(one, span)),
    values: async (expression, atMs) => {
      const span = { startMs: atMs - lookbackMs, endMs: atMs };
      return answer(expression)
        .flatMap((one) => within(one, span))
        .map(({ labels, samples }) => ({ labels, samples: samples.slice(-1) }));
    },
    catalog: {
      metricNames: async () => [...new Set(file.series.flatMap(({ labels }) => labels.__name__ ?? []))],
      labelsOf: async (metric) =>
        file.series.flatMap(({ labels }) => (labels.__name__ === metric ? [labels] : [])),
    },
  };
}

async function readText(input: string, path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size <= maxBytes) return await readFile(path, "utf8");
    throw new ConfigError(
      `Input "${input}" must name a file of at most ${maxBytes} bytes: ${path} has ${size}`,
    );
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`Input "${input}" must name a file that can be read: ${messageOf(error)}`);
  }
}

/** A recorded answer to just this query, else the series that a plain selector selects. */
function answerFrom({ series, queries }: SeriesFile, query: string, input: string): readonly Series[] {
  const recorded = queries.get(plainQuery(query));
  if (recorded !== undefined) return recorded;
  const selector = parseSelector(query);
  if (selector === undefined)
    throw new ConfigError(
      `Input "${input}" must hold an answer to ${query} under queries: it is no plain selector`,
    );
  try {
    return series.filter(({ labels }) => selects(selector, labels));
  } catch (error) {
    throw new ConfigError(
      `Input "metrics" must have patterns that can be read: ${query}: ${messageOf(error)}`,
    );
  }
}

/** A series without a sample in a span is not in the answer, as with Prometheus. */
function within({ labels, samples }: Series, { startMs, endMs }: TimeSpan): readonly Series[] {
  const inside = samples.filter(({ ms }) => ms > startMs && ms <= endMs);
  return inside.length === 0 ? [] : [{ labels, samples: inside }];
}

/** The time of a recording, in which nothing is waited for. */
export function recordedClock(startMs: number): Clock {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    sleep: async (ms, signal) => {
      if (signal?.aborted === true) throw new CancelledError("The step was cancelled while it waited");
      nowMs += ms;
    },
  };
}
