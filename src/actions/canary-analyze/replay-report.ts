import { formatMs } from "../../core/duration.ts";
import type { Json } from "../../core/json.ts";
import { inconclusive, reasonsOf, type Verdict } from "../../core/verdict.ts";
import { pointOf } from "../../domain/canary/recording.ts";
import { pointToText } from "../../domain/canary/recording-text.ts";
import type { Replayed } from "../../domain/canary/replay.ts";
import { formatP } from "../../domain/canary/sentence.ts";
import type { ActionResult } from "../../platform/action.ts";
import type { ReplayOutcome } from "./replay.ts";
import type { ReplayInputs } from "./replay-inputs.ts";

/** Where a canary ended. */
interface End {
  readonly look: number;
  readonly afterMs: number;
  readonly weight?: number;
  /** The metrics that failed there. */
  readonly failed: readonly string[];
}

/**
 * Everything a replay says. It names no digest: what somebody would have said by other rules is no proof of an image.
 */
export function replayResult(inputs: ReplayInputs, outcome: ReplayOutcome): ActionResult {
  const { recording, rules, again, isIdentical, replayed } = outcome;
  const isChanged = rules.changed.length > 0;
  const verdict = isIdentical || isChanged ? replayed.verdict : altered(outcome);
  const end = endOf(outcome, replayed);
  const afterSeconds = end === undefined ? undefined : Math.round(end.afterMs / 1000);
  return {
    mode: "replay",
    verdict,
    subject: {},
    details: {
      replayFrom: { path: inputs.replayFrom, run: { ...outcome.evidence.run } },
      isIdentical,
      changed: rules.changed,
      rules: {
        settings: { ...rules.settings },
        metrics: JSON.parse(JSON.stringify(rules.metrics)) as Json,
      },
      recorded: sideOf(recording.ending.verdict, recording.ending.pValue, endOf(outcome, again)),
      replayed: sideOf(replayed.verdict, replayed.pValue, end),
      ...(replayed.diverged === undefined ? {} : { diverged: replayed.diverged }),
      judged: replayed.judgements.map(({ name, kind, sentence }) => ({ name, kind, sentence })),
      curve: curveOf(replayed),
    },
    outputs: {
      weight: "",
      "decided-after-seconds": afterSeconds === undefined ? "" : String(afterSeconds),
      "p-value": String(replayed.pValue),
    },
    summary: summaryOf(outcome, verdict),
    onInconclusive: isIdentical || isChanged ? inputs.onInconclusive : "fail",
  };
}

function altered({ evidence, again }: ReplayOutcome): Verdict {
  const cause = "the file was changed, or this version of the action judges otherwise";
  return inconclusive(
    `the evidence says ${evidence.verdict} and its recording, judged again, is not the same (${again.verdict.kind}): ${cause}`,
  );
}

/** The last look that counted; undefined where there was none. */
function endOf({ recording }: ReplayOutcome, { decidedAt, curve }: Replayed): End | undefined {
  const index = decidedAt ?? curve.length - 1;
  const look = recording.looks[index];
  if (look === undefined) return undefined;
  const failed = (curve[index] ?? []).filter(({ kind }) => kind === "failed").map(({ name }) => name);
  const weight = look.weight === undefined ? {} : { weight: look.weight };
  return { look: index + 1, afterMs: look.atMs, ...weight, failed };
}

function sideOf(verdict: Verdict, pValue: number, end: End | undefined): Json {
  return {
    verdict: verdict.kind,
    reasons: reasonsOf(verdict),
    pValue,
    endedAt:
      end === undefined
        ? null
        : {
            look: end.look,
            afterSeconds: Math.round(end.afterMs / 1000),
            weight: end.weight ?? null,
            failed: end.failed,
          },
  };
}

/** A line for each look, as in a recording. */
function curveOf({ curve }: Replayed): Json {
  const names = [...new Set(curve.flatMap((look) => look.map(({ name }) => name)))];
  const lines = names.map((name) => [
    name,
    curve.map((look) => {
      const found = look.find((one) => one.name === name);
      return found === undefined ? "" : pointToText(pointOf(found));
    }),
  ]);
  return Object.fromEntries(lines);
}

function summaryOf(outcome: ReplayOutcome, verdict: Verdict): string {
  const { recording, rules, again, isIdentical, replayed } = outcome;
  const { ending } = recording;
  const same = isIdentical
    ? "The recording gives what the evidence says, to the last bit."
    : "**The recording does not give what the evidence says.**";
  const rows = [
    row("recorded", ending.verdict, { pValue: ending.pValue, end: endOf(outcome, again) }),
    row("replayed", replayed.verdict, { pValue: replayed.pValue, end: endOf(outcome, replayed) }),
  ];
  const changes = rules.changed.map((one) => `- ${one}`);
  const diverged = replayed.diverged === undefined ? [] : ["", `Take it with care: ${replayed.diverged}.`];
  const said = replayed.judgements.map(({ kind, sentence }) => `- **${kind}** ${sentence}`);
  return [
    same,
    "",
    ...(changes.length === 0 ? ["Judged by the recorded rules."] : ["Judged otherwise:", "", ...changes]),
    "",
    "| | verdict | p | end | why |",
    "|---|---|---|---|---|",
    ...rows,
    ...diverged,
    "",
    ...said,
    ...(verdict.kind === replayed.verdict.kind ? [] : ["", `This step is ${verdict.kind}.`]),
  ].join("\n");
}

function row(
  name: string,
  verdict: Verdict,
  { pValue, end }: { readonly pValue: number; readonly end: End | undefined },
): string {
  const place = end?.weight === undefined ? "" : ` at ${end.weight} %`;
  const ended = end === undefined ? "no look" : `look ${end.look}, after ${formatMs(end.afterMs)}${place}`;
  const why = reasonsOf(verdict).join("; ").replaceAll("|", "\\|").replaceAll("\n", " ");
  return `| ${name} | ${verdict.kind} | ${formatP(pValue)} | ${ended} | ${why} |`;
}
