import {
  type BinnedMetric,
  type BinnedPart,
  type BinSpan,
  clumpsOf,
  growthIn,
  totalsOfPast,
} from "./backtest-baseline.ts";
import type { Past } from "./backtest-release.ts";
import type { PastTraits } from "./backtest-split.ts";
import { quantile } from "./backtest-tally.ts";
import type { Reading } from "./counters.ts";
import { errorStream } from "./judge.ts";
import { minimumExcess } from "./stream.ts";

/** The past from its first sample to its last, with what it tells as a whole; undefined where nothing was scraped. */
export function pastOf(metrics: readonly BinnedMetric[], span: BinSpan, scrapeMs: number): Past | undefined {
  const parts = metrics.flatMap((one) => [...one.parts.values()]);
  const firsts = parts.map(({ scraped }) => scraped.indexOf(1)).filter((bin) => bin >= 0);
  const lasts = parts.map(({ scraped }) => scraped.lastIndexOf(1)).filter((bin) => bin >= 0);
  if (firsts.length === 0) return undefined;
  const [from, until] = [Math.min(...firsts), Math.max(...lasts) + 1];
  const cut = metrics.map((one) => ({
    ...one,
    parts: new Map([...one.parts].map(([name, part]) => [name, cutPart(part, from, until)])),
  }));
  const whole = { ...span, fromMs: span.fromMs + from * span.binMs, bins: until - from };
  const traits = cut.map((one) => [one.metric.name, traitsOf(one, whole)] as const);
  return { span: whole, metrics: cut, traits: Object.fromEntries(traits), scrapeMs };
}

function cutPart({ growth, scraped, state }: BinnedPart, from: number, until: number): BinnedPart {
  const cut = [...growth].map(([role, counts]) => [role, counts.subarray(from, until)] as const);
  return { growth: new Map(cut), scraped: scraped.subarray(from, until), state };
}

/** Where there were no errors, a ratio is one of the smallest share that stops a release. */
function traitsOf(binned: BinnedMetric, span: BinSpan): PastTraits {
  const [bad, total] = totalsOfPast(binned, span)[errorStream] ?? [0, 0];
  return { clumps: clumpsOf(binned, span), errorShare: bad > 0 ? bad / total : minimumExcess };
}

/** What the past of one metric was, for people. */
export interface PastFigures {
  readonly requests: number;
  /** Of an error metric; undefined for latency. */
  readonly errors?: number;
  /** About how many bad requests came together. */
  readonly clump: number;
}

export function figuresOf(past: Past): Readonly<Record<string, PastFigures>> {
  const figures = past.metrics.map((binned) => {
    const totals = totalsOfPast(binned, past.span);
    const clump = Math.max(1, ...Object.values(past.traits[binned.metric.name]?.clumps ?? {}));
    const [bad, total] = totals[errorStream] ?? [0, requestsOf(binned, past.span)];
    const errors = binned.metric.source.kind === "errors" ? { errors: bad } : {};
    return [binned.metric.name, { requests: total, ...errors, clump }] as const;
  });
  return Object.fromEntries(figures);
}

function requestsOf({ parts }: BinnedMetric, { bins }: BinSpan): number {
  return [...parts.values()].reduce((sum, part) => sum + (growthIn(part, 0, bins).Infinity ?? 0), 0);
}

/** The usual time between two scrapes of one series; undefined where no series has two. */
export function scrapeInterval(reading: Reading): number | undefined {
  const gaps = Object.values(reading)
    .flat()
    .flatMap(({ samples }) =>
      samples.flatMap(({ ms }, index) => {
        const before = samples[index - 1];
        return before === undefined ? [] : [ms - before.ms];
      }),
    );
  return gaps.length === 0 ? undefined : quantile(gaps, 0.5);
}

/** Samples of an answer. */
export function samplesIn(reading: Reading): number {
  return Object.values(reading)
    .flat()
    .reduce((sum, { samples }) => sum + samples.length, 0);
}
