import { ConfigError, OutsideError } from "../../core/errors.ts";
import {
  addReading,
  type BinnedMetric,
  type BinSpan,
  startBins,
} from "../../domain/canary/backtest-baseline.ts";
import { pastOf, samplesIn, scrapeInterval } from "../../domain/canary/backtest-past.ts";
import type { Past } from "../../domain/canary/backtest-release.ts";
import type { Reading } from "../../domain/canary/counters.ts";
import { type CountedMetric, queryFor } from "../../domain/canary/metric.ts";
import { partition } from "../../domain/canary/partition.ts";
import type { MetricsSource } from "../../platform/prometheus.ts";
import { readMetrics } from "./read-metrics.ts";

export interface PastRequest {
  readonly source: MetricsSource;
  readonly metrics: readonly CountedMetric[];
  readonly baseline: string;
  readonly untilMs: number;
  readonly rangeMs: number;
  readonly intervalMs: number;
  /** The longest a pretended release may take. */
  readonly plannedMs: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export interface ReadPast {
  readonly past: Past | undefined;
  /** Why less was read, or looks lie farther apart, than was asked for. */
  readonly notes: readonly string[];
  readonly queries: number;
}

const minuteMs = 60_000;
/** Of the newest and the oldest samples, to learn how many there are and how far apart. */
const probeMs = 15 * minuteMs;
/** One answer is some megabytes then. */
const samplesPerQuery = 100_000;
const leastChunkMs = 5 * minuteMs;
const mostChunkMs = 24 * 60 * minuteMs;
const mostChunks = 400;
/** Numbers that are kept of the whole past: 96 MB. */
const mostCells = 12_000_000;
const mostLooks = 1200;
const overlapMs = minuteMs;

/** Reads days of counters in pieces of which none is kept: only what they grew by from look to look. */
export async function readPast(request: PastRequest): Promise<ReadPast> {
  const { metrics, untilMs, rangeMs, intervalMs } = request;
  const newest = await probe(request, untilMs);
  const oldest = await probe(request, untilMs - rangeMs + probeMs);
  mustBeThere(request, newest);
  const notes: string[] = [];
  const scrapes = [...newest, ...oldest].flatMap(({ reading }) => scrapeInterval(reading) ?? []);
  const scrapeMs = Math.max(1000, ...newest.flatMap(({ reading }) => scrapeInterval(reading) ?? []));
  const binMs = Math.max(intervalMs, ...scrapes, Math.ceil(request.plannedMs / mostLooks));
  if (binMs > intervalMs)
    notes.push(
      `looks lie ${seconds(binMs)} apart: the samples of the past, or the length of a release, allow no more`,
    );
  const span = spanFor(request, { newest, binMs, notes });
  let queries = 2 * metrics.length;
  const binned: BinnedMetric[] = [];
  for (const [index, metric] of metrics.entries()) {
    const perMs = samplesIn(newest[index]?.reading ?? {}) / probeMs;
    const read = await readOne(request, { metric, span, perMs });
    binned.push(read.binned);
    queries += read.queries;
    request.say(`${metric.name}: the past is read, in ${read.queries} pieces`);
  }
  return { past: pastOf(binned, span, scrapeMs), notes, queries };
}

interface Probe {
  readonly metric: CountedMetric;
  readonly reading: Reading;
}

async function probe(request: PastRequest, endMs: number): Promise<readonly Probe[]> {
  const span = { startMs: endMs - probeMs, endMs };
  return await Promise.all(
    request.metrics.map(async (metric) => ({ metric, reading: await ask(request, metric, span) })),
  );
}

async function ask(
  { source, baseline, signal }: PastRequest,
  metric: CountedMetric,
  span: { readonly startMs: number; readonly endMs: number },
): Promise<Reading> {
  const arms = { baseline, candidate: "" };
  const read = await readMetrics(source, { metrics: [metric], arms, span, signal, baselineOnly: true });
  return read[metric.name]?.baseline ?? {};
}

function mustBeThere({ baseline }: PastRequest, probes: readonly Probe[]): void {
  const empty = probes.find(({ reading }) => samplesIn(reading) === 0);
  if (empty === undefined) return;
  const { source, name } = empty.metric;
  const query = queryFor(source.kind === "errors" ? source.requests : source.buckets, baseline);
  throw new ConfigError(
    `Input "metrics" must name counters of the baseline: ${query} of "${name}" has no sample in the last 15 min`,
  );
}

interface SpanParts {
  readonly newest: readonly Probe[];
  readonly binMs: number;
  readonly notes: string[];
}

/** The newest part of the range that can be read and kept. */
function spanFor({ untilMs, rangeMs }: PastRequest, { newest, binMs, notes }: SpanParts): BinSpan {
  const cellsPerBin = newest.reduce((sum, { metric, reading }) => sum + rolesIn(metric, reading), 0);
  const densest = Math.max(1, ...newest.map(({ reading }) => samplesIn(reading))) / probeMs;
  const limits = [
    { ms: rangeMs, why: "" },
    { ms: Math.floor(mostCells / Math.max(1, cellsPerBin)) * binMs, why: "more would not fit into memory" },
    { ms: mostChunks * chunkFor(densest), why: `more would take over ${mostChunks} queries for a metric` },
  ].toSorted((a, b) => a.ms - b.ms);
  const [least] = limits;
  const ms = least?.ms ?? rangeMs;
  if (least !== undefined && least.why !== "")
    notes.push(`only ${seconds(ms)} of the past are read: ${least.why}`);
  const bins = Math.max(1, Math.floor(ms / binMs));
  return { fromMs: untilMs - bins * binMs, binMs, bins };
}

function rolesIn(metric: CountedMetric, reading: Reading): number {
  const parts = Object.values(partition(reading, metric.strata ?? []));
  return parts.reduce((sum, part) => sum + Object.keys(part).length, 0);
}

function chunkFor(samplesPerMs: number): number {
  const wanted = samplesPerMs > 0 ? samplesPerQuery / samplesPerMs : mostChunkMs;
  return Math.min(mostChunkMs, Math.max(leastChunkMs, wanted));
}

interface OnePast {
  readonly metric: CountedMetric;
  readonly span: BinSpan;
  readonly perMs: number;
}

async function readOne(request: PastRequest, { metric, span, perMs }: OnePast) {
  let binned = startBins(metric);
  let chunkMs = chunkFor(perMs);
  let queries = 0;
  for (let atMs = span.fromMs; atMs < request.untilMs; ) {
    const endMs = Math.min(request.untilMs, Math.ceil(atMs + chunkMs));
    queries++;
    try {
      const reading = await ask(request, metric, { startMs: atMs - overlapMs, endMs });
      binned = addReading(binned, span, { reading, untilMs: endMs });
      atMs = endMs;
    } catch (error) {
      // A piece that is too large for the store, or for the time it has, is asked for in smaller ones.
      if (!(error instanceof OutsideError) || request.signal.aborted || chunkMs <= leastChunkMs) throw error;
      chunkMs = Math.max(leastChunkMs, chunkMs / 4);
    }
  }
  return { binned, queries };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
