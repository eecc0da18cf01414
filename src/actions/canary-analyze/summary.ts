import { formatMs } from "../../core/duration.ts";
import type { Metric } from "../../domain/canary/metric.ts";
import { formatP } from "../../domain/canary/sentence.ts";
import type { CanaryOutcome } from "./run.ts";
import type { Step } from "./steps.ts";

/** Markdown for the job's summary: a sentence for each metric, then the steps of the ramp. */
export function canarySummary(metrics: readonly Metric[], outcome: CanaryOutcome): string {
  const judgements = outcome.watch.judgements();
  const critical = new Map(metrics.map((metric) => [metric.name, metric.critical]));
  const sentences = judgements.map(({ name, kind, sentence }) => {
    const aside = critical.get(name) === false ? " (decides nothing)" : "";
    return `- **${kind}**${aside} ${cell(sentence)}`;
  });
  return [`Decided after ${lastedOf(outcome)}.`, "", ...sentences, "", ...stepTable(outcome)].join("\n");
}

function lastedOf({ decidedMs, startedMs, watch }: CanaryOutcome): string {
  const looks = watch.looks.length === 1 ? "1 look" : `${watch.looks.length} looks`;
  return `${formatMs(decidedMs - startedMs)} and ${looks}`;
}

function stepTable({ steps, weight, watch }: CanaryOutcome): readonly string[] {
  if (steps.length === 0) return [];
  const rows = steps.map((step) => {
    const pValue = Math.min(1, ...strongest(watch.looks, step));
    const requests = Math.round(step.requests);
    const took = formatMs(step.untilMs - step.fromMs);
    const extended = step.extendedFor === undefined ? "" : `, extended: ${cell(step.extendedFor)}`;
    return `| ${step.weight} % | ${took} | ${requests} | ${formatP(pValue)} | ${step.ended}${extended} |`;
  });
  return [
    "| weight | time | candidate's requests | p | end |",
    "|---|---|---|---|---|",
    ...rows,
    "",
    `The candidate's weight is now ${weight ?? 0} %.`,
  ];
}

function strongest(looks: CanaryOutcome["watch"]["looks"], step: Step): readonly number[] {
  return looks
    .filter((look) => look.weight === step.weight)
    .flatMap((look) => look.judgements.map((one) => one.pValue));
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
