import { formatMs } from "../../core/duration.ts";
import { ConfigError } from "../../core/errors.ts";
import { inconclusive, type Verdict } from "../../core/verdict.ts";
import { type Backtest, type BacktestPlan, backtest, startsIn } from "../../domain/canary/backtest.ts";
import type { Past, PretendEnd, PretendPlan } from "../../domain/canary/backtest-release.ts";
import { sizeFor } from "../../domain/canary/backtest-size.ts";
import { type Suggestion, suggest } from "../../domain/canary/backtest-suggest.ts";
import { backtestVerdict } from "../../domain/canary/backtest-verdict.ts";
import { isCounted, type Metric } from "../../domain/canary/metric.ts";
import { parseMetrics } from "../../domain/canary/parse-metrics.ts";
import type { ActionResult } from "../../platform/action.ts";
import { readDocument } from "../../platform/document-input.ts";
import type { BacktestInputs } from "./backtest-inputs.ts";
import { backtestResult } from "./backtest-report.ts";
import { type ReadPast, readPast } from "./read-past.ts";
import type { OpenSource } from "./source.ts";

export interface BacktestPorts extends OpenSource {
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** Lets what waits, such as a cancel, have its turn. */
  readonly breathe: () => Promise<void>;
  /** How much is played, as looks at one stream of counts; about half a minute of one core unless given. */
  readonly streamLooks?: number;
}

/** All that a backtest came to. */
export interface BacktestOutcome {
  readonly verdict: Verdict;
  readonly metrics: readonly Metric[];
  readonly read: ReadPast;
  readonly plan: PretendPlan;
  /** Absent where the past did not suffice for one release. */
  readonly tested?: {
    readonly of: BacktestPlan;
    readonly result: Backtest;
    readonly suggestion: Suggestion;
  };
}

/** The newest scrape may still be on its way into the store. */
const settleMs = 1000;
/** One backtest is the same as the next; the evidence names it. */
const seed = 1;

/** Plays releases over the baseline's past. Reads, and changes nothing. */
export async function runBacktest(inputs: BacktestInputs, ports: BacktestPorts): Promise<ActionResult> {
  const metrics = parseMetrics(await readDocument("metrics", inputs.metrics), inputs);
  const counted = metrics.filter(isCounted);
  if (!counted.some(({ critical }) => critical))
    throw new ConfigError(
      'Input "metrics" must have a critical metric of errors or buckets in mode backtest: values cannot be dealt out to two versions',
    );
  const { steps, promotesEarly, confidence, minimumRequests } = inputs;
  const plan: PretendPlan = { steps, promotesEarly, confidence, minimumRequests };
  const read = await readPast({
    source: ports.metrics,
    metrics: counted,
    baseline: inputs.baseline,
    untilMs: ports.clock.now() - settleMs,
    rangeMs: inputs.rangeMs,
    intervalMs: inputs.intervalMs,
    plannedMs: plannedMs(plan),
    signal: ports.signal,
    say: ports.say,
  });
  const outcome = { metrics, read, plan };
  const gap = shortPast(read.past, plan);
  if (gap !== undefined || read.past === undefined)
    return backtestResult(inputs, { ...outcome, verdict: inconclusive(gap ?? "nothing was scraped") });
  const of: BacktestPlan = { past: read.past, plan, seed, size: sizeFor(read.past, plan, ports.streamLooks) };
  const result = await iterate(backtest(of), ports);
  const suggestion = await iterate(suggest(of, result, inputs), ports);
  const verdict = backtestVerdict(of, result);
  return backtestResult(inputs, { ...outcome, verdict, tested: { of, result, suggestion } });
}

export function plannedMs({ steps }: PretendPlan): number {
  return steps.reduce((sum, { holdMs }) => sum + holdMs, 0);
}

function shortPast(past: Past | undefined, plan: PretendPlan): string | undefined {
  if (past === undefined) return "the baseline has no samples in the range";
  if (startsIn(past, plan).room >= 1) return undefined;
  const { bins, binMs } = past.span;
  return `the baseline has ${formatMs(bins * binMs)} of samples: one release takes ${formatMs(plannedMs(plan))}, and some past before it`;
}

const releasesPerBreath = 5;

async function iterate<T>(
  releases: Generator<PretendEnd, T>,
  { signal, breathe }: BacktestPorts,
): Promise<T> {
  for (let count = 1; ; count++) {
    const next = releases.next();
    if (next.done === true) return next.value;
    if (count % releasesPerBreath !== 0) continue;
    await breathe();
    signal.throwIfAborted();
  }
}
