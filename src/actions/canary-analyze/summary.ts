import { formatMs } from "../../core/duration.ts";
import type { Metric } from "../../domain/canary/metric.ts";
import type { Step } from "../../domain/canary/saved-ramp.ts";
import { formatP } from "../../domain/canary/sentence.ts";
import { evidenceBars } from "./explain.ts";
import type { CanaryOutcome } from "./run.ts";

/** Markdown for the job's summary: a sentence for each metric, then the steps of the ramp. */
export function canarySummary(metrics: readonly Metric[], outcome: CanaryOutcome): string {
  const judgements = outcome.watch.judgements();
  const critical = new Map(metrics.map((metric) => [metric.name, metric.critical]));
  const sentences = judgements.map(({ name, kind, sentence }) => {
    const aside = critical.get(name) === false ? " (decides nothing)" : "";
    const bars = evidenceBars(curveOf(outcome.watch.looks, name));
    return `- **${kind}**${aside} ${cell(sentence)}${bars === "" ? "" : `<br>evidence against it, look by look: \`${bars}\``}`;
  });
  return [
    `Decided after ${lastedOf(outcome)}.`,
    "",
    ...begunSentence(outcome),
    ...sentences,
    "",
    ...stepTable(outcome),
  ].join("\n");
}

function begunSentence({ beginning }: CanaryOutcome): readonly string[] {
  const { resumed, anew } = beginning ?? {};
  if (anew !== undefined) return [`The ramp that another run left was not gone on with: ${cell(anew)}.`, ""];
  if (resumed === undefined) return [];
  const from = `Another run was lost at ${resumed.weight} %; this one went on from its sums`;
  return [`${from}, after ${formatMs(resumed.lostMs)} in which nobody looked.`, ""];
}

function curveOf(looks: CanaryOutcome["watch"]["looks"], name: string) {
  return looks.flatMap(({ judgements }) => judgements.filter((one) => one.name === name));
}

function lastedOf({ decidedMs, startedMs, watch }: CanaryOutcome): string {
  const looks = watch.looks.length === 1 ? "1 look" : `${watch.looks.length} looks`;
  return `${formatMs(decidedMs - startedMs)} and ${looks}`;
}

function stepTable({ steps, skipped, weight, watch }: CanaryOutcome): readonly string[] {
  if (steps.length === 0) return [];
  const rows = steps.map((step) => {
    const seen = strongest(watch.looks, step);
    // The looks of a step that another run took are not known here.
    const pValue = seen.length === 0 ? "–" : formatP(Math.min(1, ...seen));
    const requests = Math.round(step.requests);
    const took = formatMs(step.untilMs - step.fromMs);
    const extended = step.extendedFor === undefined ? "" : `, extended: ${cell(step.extendedFor)}`;
    return `| ${step.weight} % | ${took} | ${requests} | ${pValue} | ${step.ended}${extended} |`;
  });
  return [
    "| weight | time | candidate's requests | p | end |",
    "|---|---|---|---|---|",
    ...rows,
    "",
    ...(skipped.length === 0 ? [] : [skippedSentence(skipped, weight), ""]),
    `The candidate's weight is now ${weight ?? 0} %.`,
  ];
}

function skippedSentence(skipped: readonly number[], weight: number | undefined): string {
  const shares =
    skipped.length === 1 ? `the step ${skipped[0]} % was` : `the steps ${skipped.join(", ")} % were`;
  return `It passed at ${weight ?? 0} %: ${shares} skipped, as \`early-promotion\` allows.`;
}

function strongest(looks: CanaryOutcome["watch"]["looks"], step: Step): readonly number[] {
  return looks
    .filter((look) => look.weight === step.weight)
    .flatMap((look) => look.judgements.map((one) => one.pValue));
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
