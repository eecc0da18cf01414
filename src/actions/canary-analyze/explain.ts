import type { VerdictKind } from "../../core/verdict.ts";
import type { MetricJudgement } from "../../domain/canary/judgement.ts";
import type { Metric } from "../../domain/canary/metric.ts";
import type { Annotation } from "../../platform/github-runner.ts";

/** GitHub shows ten annotations of a level for each step; one more is the step's own. */
const mostAnnotations = 8;

interface Judged {
  readonly verdict: VerdictKind;
  readonly metrics: readonly Metric[];
  readonly judgements: readonly MetricJudgement[];
}

/**
 * One annotation for each metric that decided: an error for what failed, a warning for what could not be told. A metric
 * that decides nothing is worth a notice when it would have failed.
 */
export function annotationsOf({ verdict, metrics, judgements }: Judged): readonly Annotation[] {
  const critical = new Set(metrics.filter((one) => one.critical).map(({ name }) => name));
  const all = judgements.flatMap(({ name, kind, sentence }): readonly Annotation[] => {
    const level = levelOf(kind, verdict, critical.has(name));
    if (level === undefined) return [];
    const title = `canary-analyze: ${name} ${level === "notice" ? "would have failed" : kind}`;
    return [{ level, title, message: sentence }];
  });
  const shown = all.slice(0, mostAnnotations);
  const rest = all.length - shown.length;
  if (rest === 0) return shown;
  return [...shown, { level: "notice", message: `${rest} more metrics are in the evidence file` }];
}

function levelOf(
  kind: MetricJudgement["kind"],
  verdict: VerdictKind,
  isCritical: boolean,
): Annotation["level"] | undefined {
  if (!isCritical) return kind === "failed" ? "notice" : undefined;
  if (kind === "failed") return "error";
  return verdict === "inconclusive" && kind !== "passed" ? "warning" : undefined;
}

const heights = "▁▂▃▄▅▆▇█";
const mostBars = 40;

/**
 * The evidence against a metric from look to look, as a part of what fails it: a summary holds no drawing, but text. The
 * last bar is the newest; the highest is at or over the bound.
 */
export function evidenceBars(points: readonly Pick<MetricJudgement, "logFail" | "logFailsAt">[]): string {
  const every = Math.ceil(points.length / mostBars);
  const parts = points.map(({ logFail, logFailsAt }) => Math.min(1, Math.max(0, logFail / logFailsAt)));
  const groups = Map.groupBy(parts.entries(), ([index]) => Math.floor(index / every));
  return [...groups.values()]
    .map((group) => Math.max(...group.map(([, part]) => part)))
    .map((part) => heights[Math.min(7, Math.floor(8 * part))] ?? "")
    .join("");
}
