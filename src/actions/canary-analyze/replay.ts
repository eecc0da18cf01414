import { ConfigError, messageOf } from "../../core/errors.ts";
import { at, isRecord } from "../../core/json.ts";
import { parseMetrics } from "../../domain/canary/parse-metrics.ts";
import type { Recording } from "../../domain/canary/recording.ts";
import { decodeRecording } from "../../domain/canary/recording-file.ts";
import { type Replayed, replay, replayWith } from "../../domain/canary/replay.ts";
import { type ChangedRules, rulesFor, settingsFor } from "../../domain/canary/replay-rules.ts";
import type { Evidence } from "../../domain/evidence/evidence.ts";
import type { ActionResult } from "../../platform/action.ts";
import { readDocument } from "../../platform/document-input.ts";
import { readEvidenceFile } from "../../platform/evidence-files.ts";
import type { ReplayInputs } from "./replay-inputs.ts";
import { replayResult } from "./replay-report.ts";

/** A recorded canary, judged again. */
export interface ReplayOutcome {
  readonly evidence: Evidence;
  readonly recording: Recording;
  readonly rules: ChangedRules;
  /** By its own rules. */
  readonly again: Replayed;
  /** Whether that is what the evidence says, to the last bit. */
  readonly isIdentical: boolean;
  /** By the rules that are asked for; the same where nothing is changed. */
  readonly replayed: Replayed;
}

/** Judges an evidence file again. Nothing is asked of anybody. */
export async function replayEvidence(inputs: ReplayInputs): Promise<ActionResult> {
  const evidence = await readEvidenceFile("replay-from", inputs.replayFrom);
  const recording = recordingIn(evidence, inputs.replayFrom);
  const settings = settingsFor(recording, inputs.changes);
  const metrics =
    inputs.metrics === undefined
      ? undefined
      : parseMetrics(await readDocument("metrics", inputs.metrics), settings);
  const rules = rulesFor(recording, inputs.changes, metrics);
  const { isIdentical, ...again } = replay(recording);
  const replayed = rules.changed.length === 0 ? again : replayWith(recording, rules);
  const isTold = evidence.verdict === recording.ending.verdict.kind;
  return replayResult(inputs, {
    evidence,
    recording,
    rules,
    again,
    isIdentical: isIdentical && isTold,
    replayed,
  });
}

/** What the evidence holds to be judged again. Evidence of another kind or an older form is refused. */
function recordingIn(evidence: Evidence, path: string): Recording {
  const refuse = (got: string) =>
    new ConfigError(`Input "replay-from" must name evidence of a canary: ${path} ${got}`);
  if (evidence.action !== "canary-analyze") throw refuse(`is evidence of ${evidence.action}`);
  if (evidence.mode === "backtest" || evidence.mode === "replay")
    throw refuse(`is evidence of mode ${evidence.mode}, which looks at no canary`);
  const { recording } = evidence.details;
  if (recording === undefined) {
    const isOlder = evidence.details.looks !== undefined;
    throw refuse(
      isOlder
        ? "has no recording: it was written by an older version"
        : `has no recording: the step ended before its first look (${evidence.reasons[0] ?? "no reason given"})`,
    );
  }
  const dropped = isRecord(recording) ? at(recording, "dropped") : undefined;
  if (dropped !== undefined) throw refuse(`has no recording: ${String(dropped)}`);
  try {
    return decodeRecording(recording);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw refuse(`has a recording of another form: ${messageOf(error)}`);
  }
}
