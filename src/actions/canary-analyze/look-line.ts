import type { MetricBatch, MetricJudgement } from "../../domain/canary/judge.ts";
import { formatP, formatSeconds } from "../../domain/canary/sentence.ts";

interface LookLine {
  readonly weight?: number;
  readonly judgements: readonly MetricJudgement[];
  readonly batches: Readonly<Record<string, readonly MetricBatch[]>>;
  readonly problem?: string;
}

/** One line for one look: the weight, and of each metric the counts of both arms so far with what they prove. */
export function describeLook({ weight, judgements, problem }: LookLine): string {
  const place = weight === undefined ? "" : `weight ${weight} %  `;
  if (problem !== undefined) return `${place}no data: ${problem}`;
  return place + judgements.map(describeMetric).join("  |  ");
}

function describeMetric(judgement: MetricJudgement): string {
  const { name, counts, stream, pValue, logFail, logPassLimit, logPassRatio, kind } = judgement;
  const { candidate, baseline } = counts;
  if (stream === "gauge" || stream === "value") return `${judgement.sentence}, ${kind}`;
  if (candidate.total === 0 && baseline.total === 0) return `${name}: nothing counted yet`;
  const bound = Number(stream);
  const what = Number.isNaN(bound) ? "errors" : `slower than ${formatSeconds(bound)}`;
  const seen = `${name} ${candidate.bad}/${candidate.total} against ${baseline.bad}/${baseline.total} ${what}`;
  const bad = `e-value against ${formatE(logFail)}`;
  const good = `for ${formatE(Math.max(logPassLimit, logPassRatio))}`;
  return `${seen}, p ${formatP(pValue)}, ${bad}, ${good}, ${kind}`;
}

function formatE(log: number): string {
  if (log === Number.NEGATIVE_INFINITY) return "0";
  return log > Math.log(1e6) ? "over 1e6" : formatP(Math.exp(log));
}
