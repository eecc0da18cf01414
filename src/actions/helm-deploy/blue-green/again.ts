import { pass } from "../../../core/verdict.ts";
import type { ReleaseState } from "../../../domain/record/state.ts";
import { deployedRevision } from "../../../domain/release/history.ts";
import type { PreparedChart } from "../render.ts";
import { digestOf, type PhaseOutcome, type Session } from "../session.ts";
import { subjectRows, table } from "../summary.ts";
import type { Colours } from "./check-pair.ts";
import { colouredRollout, type Pair } from "./pair.ts";

export interface Repeated {
  readonly state: ReleaseState;
  readonly pair: Pair;
  readonly chart: PreparedChart;
  readonly colours: Colours;
}

/**
 * The outcome of a step that this run has done already: the same chart, values and image stand under the colour that is
 * tried, or serve as the first version. Undefined where there is work to do.
 */
export function doneAlready(session: Session, repeated: Repeated): PhaseOutcome | undefined {
  const { state, pair, chart, colours } = repeated;
  const rollout = colouredRollout(state);
  const record = state.records.find(({ id }) => id === rollout?.record);
  if (rollout === undefined || record?.status !== "deploying" || session.inputs.rolloutRules.force)
    return undefined;
  const isMine = rollout.run.id === session.context.run.runId && rollout.digest === digestOf(session.inputs);
  const isTried = rollout.phase === "candidate" && rollout.candidateRelease === pair.idle.release;
  const isFirst =
    rollout.phase === "verifying" &&
    rollout.stableRelease === undefined &&
    rollout.candidateRelease === pair.live?.release;
  const side = isTried ? pair.idle : isFirst ? pair.live : undefined;
  const rendered = isTried ? colours.tried : colours.other;
  const installed = side === undefined ? undefined : deployedRevision(side.history)?.revision;
  const isSame =
    record.manifestDigest === rendered.digest &&
    record.valuesDigest === rendered.values.digest &&
    record.chart === chart.title;
  if (!isMine || installed === undefined || installed !== record.revision || !isSame) return undefined;
  return outcomeOf(session, { record: record.id, installed, repeated, isTried });
}

interface Done {
  readonly record: string;
  readonly installed: number;
  readonly repeated: Repeated;
  readonly isTried: boolean;
}

function outcomeOf(session: Session, { record, installed, repeated, isTried }: Done): PhaseOutcome {
  const { live, idle } = repeated.pair;
  const name = isTried ? idle.release : (live?.release ?? "");
  const serves = live === undefined ? undefined : deployedRevision(live.history)?.revision;
  const note = `${name} revision ${installed} is this version already, from this run`;
  session.context.runner.info(note);
  return {
    verdict: pass,
    outputs: {
      changed: "false",
      record,
      ...(serves === undefined ? {} : { revision: String(serves) }),
      ...(isTried && serves !== undefined ? { "previous-revision": String(serves) } : {}),
      "candidate-release": isTried ? name : "",
    },
    details: { record, changed: false, note },
    summary: table([...subjectRows(session), ["note", note]]),
  };
}
