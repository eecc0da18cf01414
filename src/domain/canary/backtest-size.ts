import { type BacktestSize, regressionsOf } from "./backtest.ts";
import { type Past, type PretendPlan, plannedBins } from "./backtest-release.ts";

/** Looks at one stream of counts that all releases may take together: about half a minute of one core. */
export const mostStreamLooks = 2_500_000;
const equalRange = { min: 40, max: 400 };
const eachRange = { min: 20, max: 100 };

/** How many releases are pretended: as many as can be played in a bounded time, half of them of equal versions. */
export function sizeFor(past: Past, plan: PretendPlan, streamLooks = mostStreamLooks): BacktestSize {
  const looks = plannedBins(plan, past.span);
  const streams = past.metrics.reduce((sum, { metric, parts }) => {
    const perPart = [...parts.values()].map(({ growth }) =>
      metric.source.kind === "errors" ? 1 : growth.size,
    );
    return sum + perPart.reduce((all, one) => all + one, 0);
  }, 0);
  const releases = streamLooks / Math.max(1, looks * streams);
  const kinds = Math.max(1, regressionsOf(past).length);
  return {
    equal: within(releases / 2, equalRange),
    each: within(releases / 2 / kinds, eachRange),
  };
}

function within(value: number, { min, max }: typeof equalRange): number {
  return Math.round(Math.min(max, Math.max(min, value)));
}
