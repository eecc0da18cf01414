import { formatMs } from "../../core/duration.ts";
import type { Json } from "../../core/json.ts";
import { figuresOf, type PastFigures } from "../../domain/canary/backtest-past.ts";
import { suggestionYaml } from "../../domain/canary/backtest-suggest.ts";
import { shareInterval, type Tally } from "../../domain/canary/backtest-tally.ts";
import { findingOf, regressionText, smallestFound } from "../../domain/canary/backtest-verdict.ts";
import { isCounted } from "../../domain/canary/metric.ts";
import { formatShare } from "../../domain/canary/sentence.ts";
import type { ActionResult } from "../../platform/action.ts";
import type { BacktestOutcome } from "./backtest.ts";
import type { BacktestInputs } from "./backtest-inputs.ts";

type Tested = NonNullable<BacktestOutcome["tested"]>;

/** Everything a backtest says. It names no digest: it judged a plan and no version. */
export function backtestResult(inputs: BacktestInputs, outcome: BacktestOutcome): ActionResult {
  const { verdict, read, tested } = outcome;
  const { past } = read;
  const untested = outcome.metrics.filter((metric) => !isCounted(metric)).map(({ name }) => name);
  return {
    mode: "backtest",
    verdict,
    subject: {},
    details: {
      allowed: allowedOf(inputs),
      metrics: JSON.parse(JSON.stringify(outcome.metrics)) as Json,
      untested,
      past: past === undefined ? null : pastDetails(outcome, past),
      notes: read.notes,
      ...(tested === undefined ? {} : testedDetails(tested)),
    },
    outputs: { weight: "", "decided-after-seconds": "", "p-value": "" },
    summary: summaryOf(inputs, outcome, untested),
    onInconclusive: inputs.onInconclusive,
  };
}

function allowedOf({ confidence, toleratedRatio, unacceptableRatio, ...inputs }: BacktestInputs): Json {
  const { minimumRequests, intervalMs, rangeMs, baseline, steps, promotesEarly } = inputs;
  return {
    confidence,
    toleratedRatio,
    unacceptableRatio,
    minimumRequests,
    intervalMs,
    rangeMs,
    baseline,
    steps: steps.map((step) => ({ ...step })),
    promotesEarly,
  };
}

function pastDetails({ read }: BacktestOutcome, past: NonNullable<BacktestOutcome["read"]["past"]>): Json {
  const { fromMs, binMs, bins } = past.span;
  return {
    from: new Date(fromMs).toISOString(),
    until: new Date(fromMs + bins * binMs).toISOString(),
    lookMs: binMs,
    scrapeMs: past.scrapeMs,
    queries: read.queries,
    metrics: JSON.parse(JSON.stringify(figuresOf(past))) as Json,
  };
}

function testedDetails({ of, result, suggestion }: Tested) {
  const { seed, size, equal } = result;
  return {
    seed,
    size: { ...size },
    falseFails: {
      ...tallyDetails(equal),
      share: equal.stopped / equal.releases,
      interval: { ...shareInterval(equal.stopped, equal.releases) },
      promised: 1 - of.plan.confidence,
    },
    regressions: result.injected.map((one) => ({
      metric: one.metric,
      ...one.regression,
      finding: findingOf(of, one),
      ...tallyDetails(one.tally),
    })),
    smallestFound: Object.fromEntries(
      of.past.metrics.map(({ metric }) => {
        const found = smallestFound(of, result, metric.name);
        return [metric.name, found?.regression.ratio ?? null];
      }),
    ),
    suggestion: { inputs: suggestionYaml(suggestion), because: suggestion.because },
  };
}

function tallyDetails({ medianMs, ninetyMs, ...tally }: Tally) {
  const minutes = (ms: number) => (Number.isNaN(ms) ? null : Math.round(ms / 600) / 100);
  return { ...tally, medianMinutes: minutes(medianMs), ninetyMinutes: minutes(ninetyMs) };
}

function summaryOf(inputs: BacktestInputs, outcome: BacktestOutcome, untested: readonly string[]): string {
  const { read, tested } = outcome;
  const notes = read.notes.map((note) => `- ${note}`);
  const left = untested.map((name) => `- ${name} has plain values, which cannot be dealt out: not tested`);
  return [
    ...(read.past === undefined ? [] : pastLines(inputs, read.past)),
    ...notes,
    ...left,
    "",
    ...(tested === undefined ? [] : testedLines(tested)),
  ].join("\n");
}

function pastLines(
  { baseline }: BacktestInputs,
  past: NonNullable<BacktestOutcome["read"]["past"]>,
): readonly string[] {
  const { binMs, bins } = past.span;
  const figures = Object.entries(figuresOf(past)).map(
    ([name, one]) => `- ${name}: ${figureText(one, bins * binMs)}`,
  );
  return [`The past ${formatMs(bins * binMs)} of ${cell(baseline)}:`, "", ...figures];
}

function figureText({ requests, errors, clump }: PastFigures, ms: number): string {
  const rate = Number((requests / (ms / 1000)).toPrecision(2));
  const share =
    errors === undefined ? "" : `, ${Math.round(errors)} errors (${formatShare(errors / requests)})`;
  const together = clump > 1.05 ? `, bad ones come about ${Number(clump.toPrecision(2))} together` : "";
  return `${Math.round(requests)} requests (${rate}/s)${share}${together}`;
}

function testedLines({ of, result, suggestion }: Tested): readonly string[] {
  const { equal } = result;
  const { low, high } = shareInterval(equal.stopped, equal.releases);
  const rows = result.injected.map((one) => {
    const finding = { found: "found", allowed: "allowed", missed: "**not found**" }[findingOf(of, one)];
    return `| ${cell(one.metric)} | ${regressionText(one)} | ${finding} | ${tallyCells(one.tally)} |`;
  });
  const because = suggestion.because.map((one) => `- ${one}`);
  return [
    `False fails: ${equal.stopped} of ${equal.releases} releases of equal versions were stopped, ${formatShare(equal.stopped / equal.releases)} (95 % interval ${formatShare(low)} to ${formatShare(high)}); promised are at most ${formatShare(1 - of.plan.confidence)}. Random numbers from seed ${result.seed}.`,
    "",
    "| metric | regression | | stopped | passed | inconclusive | median time | 90 % within |",
    "|---|---|---|---|---|---|---|---|",
    `| all | none | | ${tallyCells(equal)} |`,
    ...rows,
    "",
    "Suggested for this service at this traffic:",
    "",
    "```yaml",
    suggestionYaml(suggestion),
    "```",
    "",
    ...because,
  ];
}

function tallyCells({ releases, stopped, passed, inconclusive, medianMs, ninetyMs }: Tally): string {
  const share = (count: number) => formatShare(count / releases);
  const time = (ms: number) => (Number.isNaN(ms) ? "-" : formatMs(ms));
  return [share(stopped), share(passed), share(inconclusive), time(medianMs), time(ninetyMs)].join(" | ");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
