import { formatMs } from "../../core/duration.ts";
import { fail, inconclusive, pass, type Verdict } from "../../core/verdict.ts";
import type { Backtest, Injected } from "./backtest.ts";
import type { Past, PretendPlan } from "./backtest-release.ts";
import { shareInterval, type Tally } from "./backtest-tally.ts";
import { formatShare } from "./sentence.ts";
import { minimumExcess } from "./stream.ts";

/** A regression counts as found where so large a share of the releases that have it is stopped in the planned time. */
export const wantedShare = 0.8;
/** Equal versions without a verdict, above which the plan does not suit the service. */
export const mostInconclusive = 0.2;

/** What became of a regression: found, let through because it is allowed, or neither. */
export type Finding = "found" | "allowed" | "missed";

export function findingOf({ past }: { readonly past: Past }, injected: Injected): Finding {
  const { tally, metric, regression } = injected;
  if (tally.stopped / tally.releases >= wantedShare) return "found";
  const rule = past.metrics.find((one) => one.metric.name === metric)?.metric;
  const share = past.traits[metric]?.errorShare ?? 0;
  const isSmall = regression.kind === "errors" && share * (regression.ratio - 1) < minimumExcess;
  const isUnder = regression.kind === "errors" && share * regression.ratio < (rule?.limit?.share ?? 0);
  const mayPass = isSmall || isUnder || (regression.kind === "latency" && rule?.limit !== undefined);
  return mayPass && tally.passed / tally.releases >= wantedShare ? "allowed" : "missed";
}

/** The regressions that must not ship, one for each critical metric. */
export function wishedOf({ past }: { readonly past: Past }, { injected }: Backtest): readonly Injected[] {
  return past.metrics.flatMap(({ metric }) =>
    injected.filter((one) => one.metric === metric.name && one.regression.ratio === metric.unacceptableRatio),
  );
}

/** The smallest regression of a metric from which on all are found; undefined where none is. */
export function smallestFound(
  of: { readonly past: Past },
  result: Backtest,
  metric: string,
): Injected | undefined {
  const ours = result.injected
    .filter((one) => one.metric === metric)
    .toSorted((a, b) => a.regression.ratio - b.regression.ratio);
  const lastMissed = ours.findLastIndex((one) => findingOf(of, one) !== "found");
  return ours[lastMissed + 1];
}

interface Judged {
  readonly past: Past;
  readonly plan: PretendPlan;
}

/** Whether this plan suits this service: it stops good releases as seldom as promised, and bad ones in time. */
export function backtestVerdict(of: Judged, result: Backtest): Verdict {
  const { equal } = result;
  const promised = 1 - of.plan.confidence;
  const interval = shareInterval(equal.stopped, equal.releases);
  if (interval.low > promised)
    return fail(
      `${equal.stopped} of ${equal.releases} releases of equal versions were stopped (${percent(equal.stopped / equal.releases)}, at least ${percent(interval.low)}), promised are at most ${percent(promised)}`,
    );
  const gaps = [...idleGaps(equal), ...wishedOf(of, result).flatMap((one) => missedGaps(of, result, one))];
  const [first, ...more] = gaps;
  return first === undefined ? pass : inconclusive(first, ...more);
}

function idleGaps(equal: Tally): readonly string[] {
  if (equal.inconclusive / equal.releases <= mostInconclusive) return [];
  const why = equal.missing === undefined ? "" : `, such as: ${equal.missing}`;
  return [
    `${equal.inconclusive} of ${equal.releases} releases of equal versions end inconclusive: the traffic does not suffice for this plan${why}`,
  ];
}

function missedGaps(of: Judged, result: Backtest, wished: Injected): readonly string[] {
  if (findingOf(of, wished) !== "missed") return [];
  const { tally } = wished;
  const found = smallestFound(of, result, wished.metric);
  const smallest = found === undefined ? "no larger one is" : `${regressionText(found)} is`;
  const planned = formatMs(of.plan.steps.reduce((sum, { holdMs }) => sum + holdMs, 0));
  return [
    `${wished.metric}: ${regressionText(wished)} is found in ${tally.stopped} of ${tally.releases} releases within ${planned}, wanted are ${percent(wantedShare)}; ${smallest}`,
  ];
}

export function regressionText({ regression }: Pick<Injected, "regression">): string {
  return regression.kind === "errors"
    ? `${regression.ratio} times the errors`
    : `+${Math.round((regression.ratio - 1) * 100)} % latency`;
}

function percent(share: number): string {
  return formatShare(share);
}
