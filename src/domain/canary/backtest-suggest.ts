import { type Backtest, type BacktestPlan, foundBy, releases, startsIn } from "./backtest.ts";
import type { PretendEnd, PretendPlan } from "./backtest-release.ts";
import { tallyOf } from "./backtest-tally.ts";
import { findingOf, smallestFound, wantedShare, wishedOf } from "./backtest-verdict.ts";
import { evenSteps, type PlannedStep } from "./ramp-plan.ts";

/** A plan for this service at this traffic, ready to be pasted. */
export interface Suggestion {
  readonly intervalMs: number;
  readonly plan: PretendPlan;
  readonly toleratedRatio: number;
  readonly unacceptableRatio: number;
  /** Why something is other than it was. */
  readonly because: readonly string[];
}

export interface AskedFor {
  readonly toleratedRatio: number;
  readonly unacceptableRatio: number;
}

const shorter = [0.25, 0.5] as const;
const longer = [2, 4] as const;
const stricter = [0.99, 0.999, 0.9999] as const;
/** Of equal versions, so large a share must pass. */
const wantedPasses = 0.9;

/** Looks for the shortest plan that finds what must not ship and lets pass what is equal. */
export function* suggest(
  of: BacktestPlan,
  result: Backtest,
  asked: AskedFor,
): Generator<PretendEnd, Suggestion> {
  const because: string[] = [];
  const confidence = yield* suitableConfidence(of, result, because);
  const safe = { ...of, plan: { ...of.plan, confidence } };
  const held = yield* suitableHold(safe, result, because);
  const { past } = of;
  const intervalMs = Math.max(past.span.binMs, past.scrapeMs);
  if (intervalMs > past.span.binMs)
    because.push("interval: the samples lie so far apart, and looks between them see nothing");
  const minimumRequests = fewRequests(result.fewFirstRequests * (held.factor ?? 1));
  if (minimumRequests !== of.plan.minimumRequests)
    because.push("minimum-requests: half of what all but one in ten first steps had");
  const ratio = held.factor === undefined ? findableRatio(of, result, asked) : asked.unacceptableRatio;
  if (ratio !== asked.unacceptableRatio)
    because.push("unacceptable-ratio: the smallest that is found at this traffic");
  return {
    intervalMs,
    plan: { ...held.plan, minimumRequests },
    toleratedRatio: asked.toleratedRatio,
    unacceptableRatio: ratio,
    because,
  };
}

function* suitableConfidence(
  of: BacktestPlan,
  { equal }: Backtest,
  because: string[],
): Generator<PretendEnd, number> {
  const promised = 1 - of.plan.confidence;
  if (equal.stopped / equal.releases <= promised) return of.plan.confidence;
  for (const confidence of stricter.filter((one) => one > of.plan.confidence)) {
    const ends = yield* releases({ ...of, plan: { ...of.plan, confidence } }, of.size.equal, 0);
    if (tallyOf(ends).stopped / ends.length > promised) continue;
    because.push("confidence: errors that come in bursts stop more equal versions than promised");
    return confidence;
  }
  return of.plan.confidence;
}

interface Held {
  readonly plan: PretendPlan;
  /** Of the time of each step; undefined where no plan that was tried suits. */
  readonly factor: number | undefined;
}

function* suitableHold(of: BacktestPlan, result: Backtest, because: string[]): Generator<PretendEnd, Held> {
  const isSuitable = suits(of, result);
  const factors = isSuitable ? shorter : longer;
  for (const factor of factors) {
    const plan = scaled(of.plan, factor);
    const tried = { ...of, plan };
    if (plan.steps.some(({ holdMs }) => holdMs < 4 * of.past.span.binMs)) continue;
    if (startsIn(of.past, plan).room < 1 || !(yield* isEnough(tried, result))) continue;
    because.push(
      isSuitable
        ? "step-interval: so much suffices at this traffic"
        : "step-interval: so much is needed at this traffic",
    );
    return { plan, factor };
  }
  return { plan: of.plan, factor: isSuitable ? 1 : undefined };
}

function suits(of: BacktestPlan, result: Backtest): boolean {
  const { equal } = result;
  const misses = wishedOf(of, result).some((one) => findingOf(of, one) === "missed");
  return !misses && equal.passed / equal.releases >= wantedPasses;
}

function* isEnough(of: BacktestPlan, result: Backtest): Generator<PretendEnd, boolean> {
  const { size } = of;
  const equal = tallyOf(yield* releases(of, Math.max(10, Math.round(size.equal / 4)), 0));
  if (equal.passed / equal.releases < wantedPasses) return false;
  for (const [index, wished] of wishedOf(of, result).entries()) {
    if (findingOf(of, wished) === "allowed") continue;
    const ends = yield* releases(of, size.each, 1000 + index, wished);
    const tally = tallyOf(foundBy(of, wished, ends));
    if (tally.stopped / tally.releases < wantedShare) return false;
  }
  return true;
}

function scaled(plan: PretendPlan, factor: number): PretendPlan {
  return {
    ...plan,
    steps: plan.steps.map((step) => ({ ...step, holdMs: Math.round(step.holdMs * factor) })),
  };
}

function findableRatio(of: BacktestPlan, result: Backtest, asked: AskedFor): number {
  const smallest = of.past.metrics.flatMap(({ metric }) => {
    if (!metric.critical || metric.source.kind !== "errors") return [];
    const found = smallestFound(of, result, metric.name);
    return found === undefined ? [] : [found.regression.ratio];
  });
  return Math.max(asked.unacceptableRatio, ...smallest);
}

/** Half of it, with two digits that matter. */
function fewRequests(requests: number): number {
  return Math.max(1, Math.floor(Number((requests / 2).toPrecision(2))));
}

/** The suggestion as the inputs of a step. */
export function suggestionYaml({ intervalMs, plan, toleratedRatio, unacceptableRatio }: Suggestion): string {
  const lines = [
    `interval: ${durationText(intervalMs)}`,
    ...stepLines(plan.steps),
    `confidence: "${plan.confidence}"`,
    `tolerated-ratio: "${toleratedRatio}"`,
    `unacceptable-ratio: "${unacceptableRatio}"`,
    `minimum-requests: "${plan.minimumRequests}"`,
  ];
  return lines.join("\n");
}

function stepLines(steps: readonly PlannedStep[]): readonly string[] {
  const [first, second] = steps;
  const distance = first === undefined || second === undefined ? 100 : second.weight - first.weight;
  const isEven =
    first !== undefined &&
    JSON.stringify(steps) === JSON.stringify(evenSteps(first.weight, distance, first.holdMs));
  if (!isEven)
    return [`steps: "${steps.map(({ weight, holdMs }) => `${weight}@${durationText(holdMs)}`).join(", ")}"`];
  return [
    `start-weight: "${first.weight}"`,
    `step-weight: "${Math.min(99, distance)}"`,
    `step-interval: ${durationText(first.holdMs)}`,
  ];
}

/** A duration as inputs take it: `90s`, `15m`. */
export function durationText(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  if (ms % 60_000 === 0) return `${ms / 60_000}m`;
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}
