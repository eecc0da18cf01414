import { unreachable } from "../../core/unreachable.ts";
import { combine, fail, inconclusive, pass, type Verdict } from "../../core/verdict.ts";
import type { MetricJudgement } from "./judgement.ts";
import { kayentaOf, kayentaVerdict } from "./kayenta-verdict.ts";
import { isCounted, type Metric } from "./metric.ts";
import { allowanceOf } from "./sentence.ts";

/** The verdict that the critical metrics give together: any failure fails, and all must pass. */
export function verdictOf(metrics: readonly Metric[], judgements: readonly MetricJudgement[]): Verdict {
  const critical = new Map(metrics.filter((one) => one.critical).map((one) => [one.name, one]));
  const verdicts = judgements.flatMap((judgement) => {
    const metric = critical.get(judgement.name);
    // Kayenta's metrics are judged together.
    if (metric === undefined || kayentaOf(metric) !== undefined) return [];
    return [verdictOfMetric(metric, judgement)];
  });
  const scored = kayentaVerdict(metrics, judgements);
  if (scored !== undefined) verdicts.push(scored);
  return combine(verdicts, "no critical metric was judged");
}

function verdictOfMetric(metric: Metric, judgement: MetricJudgement): Verdict {
  switch (judgement.kind) {
    case "passed":
      return pass;
    case "failed":
      return fail(
        isCounted(metric) ? `${judgement.sentence}; allowed is ${allowanceOf(metric)}` : judgement.sentence,
      );
    case "open":
    case "unusable":
      return inconclusive(judgement.sentence);
    default:
      return unreachable(judgement.kind);
  }
}

/** Each critical metric's part of the chance of a false alarm, by weight. A metric that decides nothing spends none of it. */
export function alphaOf(metric: Metric, metrics: readonly Metric[], alpha: number): number {
  const whole = metrics.filter((one) => one.critical).reduce((sum, one) => sum + one.weight, 0);
  return metric.critical ? (alpha * metric.weight) / whole : alpha;
}

/** The p-value of the whole analysis: the smallest of the critical metrics, each made larger by its part of alpha. */
export function smallestP(metrics: readonly Metric[], judgements: readonly MetricJudgement[]): number {
  const critical = metrics.filter((one) => one.critical);
  const whole = critical.reduce((sum, one) => sum + one.weight, 0);
  const values = critical.flatMap((metric) => {
    const judged = judgements.find((one) => one.name === metric.name);
    return judged === undefined ? [] : [(judged.pValue * whole) / metric.weight];
  });
  return Math.min(1, ...values);
}
