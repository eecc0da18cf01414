import { fail, inconclusive, pass, type Verdict } from "../../core/verdict.ts";
import { labelOf, scoreOf } from "../kayenta/score.ts";
import type { MetricJudgement } from "./judgement.ts";
import { type KayentaTest, usualScoring } from "./kayenta-test.ts";
import { isCounted, type Metric } from "./metric.ts";

/** The Kayenta test of a metric, where it has one. */
export function kayentaOf(metric: Metric): KayentaTest | undefined {
  return isCounted(metric) ? undefined : metric.kayenta;
}

/**
 * What Kayenta's score of all its metrics says; undefined where there are none that decide. A metric without data, or
 * whose judge threw, is a gap: Kayenta leaves it out of the score, so that nothing at all scores 100.
 */
export function kayentaVerdict(
  metrics: readonly Metric[],
  judgements: readonly MetricJudgement[],
): Verdict | undefined {
  const ours = metrics.flatMap((metric) => {
    const test = kayentaOf(metric);
    const judged = judgements.find(({ name }) => name === metric.name);
    return test === undefined || judged === undefined ? [] : [{ metric, test, judged }];
  });
  const deciding = ours.filter(({ metric }) => metric.critical);
  if (deciding.length === 0) return undefined;
  const gaps = deciding.filter(({ judged }) => judged.kind === "open" || judged.kind === "unusable");
  const [first, ...more] = gaps.map(({ judged }) => judged.sentence);
  if (first !== undefined) return inconclusive(first, ...more);
  const { pass: least, marginal, weights } = ours.find(({ test }) => test.score)?.test.score ?? usualScoring;
  const scored = ours.map(({ metric, test, judged }) => ({
    groups: test.groups,
    classification: judged.kayenta?.classification ?? "Nodata",
    isCritical: judged.kayenta?.isCritical ?? false,
    isMuted: !metric.critical,
  }));
  const { summary } = scoreOf(scored, weights);
  const worse = deciding
    .filter(({ judged }) => judged.kind === "failed")
    .map(({ judged }) => judged.sentence);
  const label = labelOf(summary, { pass: least, marginal });
  const sentence = `Kayenta's score is ${summary}`;
  if (label === "Pass") return pass;
  if (label === "Fail") return fail(`${sentence}, below ${marginal}`, ...worse);
  return inconclusive(`${sentence}, below ${least} and not below ${marginal}`, ...worse);
}
