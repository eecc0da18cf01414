import { pass, type Verdict } from "../../core/verdict.ts";
import { type Analysis, addFound, judgeAnalysis, requestsOf, startAnalysis } from "./analysis.ts";
import { type BinnedMetric, type BinSpan, growthIn, intervalsBefore } from "./backtest-baseline.ts";
import { type PastTraits, type Regression, type Split, splitBuckets, splitErrors } from "./backtest-split.ts";
import { noteBaseline } from "./judge.ts";
import type { Metric } from "./metric.ts";
import { stratumOf } from "./partition.ts";
import { decideStep, gaveUp } from "./ramp.ts";
import type { PlannedStep } from "./ramp-plan.ts";
import type { Random } from "./seeded.ts";
import type { Growth } from "./streams.ts";
import { verdictOf } from "./verdict.ts";

/** How pretended releases are ramped and judged: as real ones are. */
export interface PretendPlan {
  readonly steps: readonly PlannedStep[];
  readonly promotesEarly: boolean;
  readonly confidence: number;
  readonly minimumRequests: number;
}

/** The past of a service, ready to be dealt out. */
export interface Past {
  readonly span: BinSpan;
  readonly metrics: readonly BinnedMetric[];
  readonly traits: Readonly<Record<string, PastTraits>>;
  /** Between two scrapes. */
  readonly scrapeMs: number;
}

export interface PretendRelease {
  /** The interval of the past in which it begins. */
  readonly from: number;
  readonly random: Random;
  /** What is worse in its candidate, and in which metric. Absent: nothing, both versions are one. */
  readonly worse?: { readonly metric: string; readonly regression: Regression };
}

export interface PretendEnd {
  readonly verdict: Verdict;
  readonly afterMs: number;
  readonly looks: number;
  /** The metrics that failed. */
  readonly failed: readonly string[];
  /** Requests of the candidate in the first step. */
  readonly firstStepRequests: number;
}

/** A real canary learns from so much of the past. */
const historyMs = 60 * 60_000;
/** A burst of bad requests is over after so long without one. */
const burstEndsMs = 60_000;

/** Plays one release over the recorded past, with the judge and the decisions of a real one. */
export function pretend(past: Past, plan: PretendPlan, release: PretendRelease): PretendEnd {
  const metrics = past.metrics.map(({ metric }) => metric);
  const deal = dealOf(past, release);
  const { binMs } = past.span;
  const freshMs = Math.max(4 * binMs, 2 * 60_000);
  let analysis = begun(past, release.from, metrics);
  let bin = release.from;
  let scrapedAt = bin;
  let firstStepRequests = 0;
  const end = (verdict: Verdict): PretendEnd => {
    const judged = judgeAnalysis(metrics, analysis, plan.confidence);
    return {
      verdict,
      afterMs: (bin - release.from) * binMs,
      looks: bin - release.from,
      failed: judged.filter(({ kind }) => kind === "failed").map(({ name }) => name),
      firstStepRequests,
    };
  };
  for (const [index, step] of plan.steps.entries()) {
    const isLast = index === plan.steps.length - 1;
    const startedAt = bin;
    let isStraddling = true;
    for (;;) {
      const isScraped = past.metrics.some((one) => hasScrape(one, bin));
      const { growths, total } = deal(bin, step.weight);
      bin++;
      if (isScraped) scrapedAt = bin;
      // What the first scrape of a step saw began at the weight before it, and belongs to none.
      const found = { growths: isScraped && isStraddling ? {} : growths, values: {} };
      if (isScraped) isStraddling = false;
      if (total > 0) analysis = addFound(metrics, analysis, { found, confidence: plan.confidence }).analysis;
      const verdict = verdictOf(metrics, judgeAnalysis(metrics, analysis, plan.confidence));
      const requests = requestsOf(metrics, analysis, String(step.weight));
      if (index === 0) firstStepRequests = requests;
      if (verdict.kind === "fail") return end(verdict);
      const decision = decideStep({
        elapsedMs: (bin - startedAt) * binMs,
        intervalMs: step.holdMs,
        requests,
        minimumRequests: plan.minimumRequests,
        dataAgeMs: (bin - scrapedAt) * binMs,
        freshMs,
        mustPass: isLast,
        hasPassed: verdict.kind === "pass",
        promotesEarly: plan.promotesEarly,
      });
      if (decision.kind === "promote" || (decision.kind === "advance" && isLast)) return end(pass);
      if (decision.kind === "advance") break;
      if (decision.kind === "give-up") {
        const place = { weight: step.weight, intervalMs: step.holdMs, isLast };
        return end(gaveUp(place, decision.missing, verdict));
      }
    }
  }
  return end(pass);
}

function hasScrape({ parts }: BinnedMetric, bin: number): boolean {
  for (const { scraped } of parts.values()) if (scraped[bin] === 1) return true;
  return false;
}

function begun(past: Past, from: number, metrics: readonly Metric[]): Analysis {
  const started: Record<string, Analysis[string]> = { ...startAnalysis(metrics) };
  const bins = Math.round(historyMs / past.span.binMs);
  for (const binned of past.metrics) {
    const progress = started[binned.metric.name];
    if (progress?.kind !== "counted") continue;
    const intervals = intervalsBefore(binned, past.span, { from: from - bins, until: from });
    started[binned.metric.name] = { ...progress, judged: noteBaseline(progress.judged, intervals) };
  }
  return started;
}

type Deal = (
  bin: number,
  weight: number,
) => { readonly growths: Readonly<Record<string, readonly Growth[]>>; readonly total: number };

function dealOf(past: Past, { random, worse }: PretendRelease): Deal {
  const quietBins = Math.max(1, Math.round(burstEndsMs / past.span.binMs));
  const splits = past.metrics.flatMap(({ metric, parts }) => {
    const traits = past.traits[metric.name] ?? { clumps: {}, errorShare: 0 };
    const regression = worse?.metric === metric.name ? { regression: worse.regression } : {};
    return [...parts].map(([name, part]) => {
      const rule = { random, traits, quietBins, ...regression };
      const split: Split =
        metric.source.kind === "errors"
          ? splitErrors(rule)
          : splitBuckets(rule, finiteBounds(part.growth.keys()));
      return { metric: metric.name, name, part, split };
    });
  });
  return (bin, weight) => {
    const growths: Record<string, Growth[]> = {};
    let total = 0;
    for (const { metric, name, part, split } of splits) {
      if (part.scraped[bin] !== 1) continue;
      const dealt = split(growthIn(part, bin), weight / 100);
      growths[metric] = [...(growths[metric] ?? []), { stratum: stratumOf(String(weight), name), ...dealt }];
      total += 1;
    }
    return { growths, total };
  };
}

function finiteBounds(roles: Iterable<string>): readonly number[] {
  return [...roles]
    .map(Number)
    .filter(Number.isFinite)
    .toSorted((a, b) => a - b);
}

/** How many intervals a ramp of this plan takes where no step needs more than its time. */
export function plannedBins({ steps }: PretendPlan, { binMs }: BinSpan): number {
  return steps.reduce((sum, { holdMs }) => sum + Math.ceil(holdMs / binMs), 0);
}
