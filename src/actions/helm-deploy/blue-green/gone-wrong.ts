import { fail } from "../../../core/verdict.ts";
import type { DeployRecord } from "../../../domain/record/record.ts";
import type { ReleaseObjects } from "../../../domain/release/candidate-conflicts.ts";
import type { FailureReason, Signal } from "../../../domain/rollout/signal.ts";
import type { RolloutView } from "../../../domain/rollout/view.ts";
import { type Diagnosis, diagnose } from "../diagnose.ts";
import { endDeployment } from "../github-deployment.ts";
import { ended, updateRecord } from "../records.ts";
import type { PhaseOutcome, Session } from "../session.ts";
import { subjectRows, table } from "../summary.ts";
import { updateRollout } from "../weight.ts";
import { colourBaseline, scopeOfColour } from "./follow.ts";
import { returnPins } from "./pins.ts";
import { removeColour } from "./tried-release.ts";

/** The end of a colour that did not come to serve, or does not serve any more. */
export interface Lost {
  readonly record: DeployRecord;
  readonly release: string;
  readonly sentence: string;
  /** `validation` before the switch, `watch` after it; `cancelled` where nobody judged. */
  readonly reason: FailureReason;
  /** What was the matter in particular. */
  readonly cause?: string;
  readonly diagnosis?: Diagnosis;
  /** Said before what becomes of the colour, such as that traffic went back. */
  readonly first?: string;
  /** Production never reached it: there is nothing to roll back. */
  readonly untouched?: true;
  /** It must stay, because it is not proven that no traffic reaches it. */
  readonly mustStay?: true;
}

/** Closes the record as bad and removes the colour, unless it is to be kept. The colour that serves is not touched. */
export async function endColour(session: Session, lost: Lost): Promise<PhaseOutcome> {
  const { record, release, sentence, reason, diagnosis } = lost;
  const untouched = lost.untouched === undefined ? {} : { untouched: lost.untouched };
  await updateRecord(session, record.id, ended({ status: "bad", reason: sentence, ...untouched }));
  const isKept = session.inputs.onFailure === "keep" || reason === "cancelled" || lost.mustStay === true;
  if (!isKept) {
    await removeColour(session, release);
    await returnPins(session);
    await updateRollout(session, () => undefined);
  }
  await endDeployment(session, record.id, { state: "failure", description: sentence });
  const stays = lost.mustStay === true ? "it may still get traffic" : "for the steps after";
  const fate = isKept ? `${release} stays, ${stays}` : `${release} is removed`;
  const after = lost.first === undefined ? fate : `${lost.first}; ${fate}`;
  return {
    verdict: fail(sentence, ...(lost.mustStay === true && lost.first !== undefined ? [lost.first] : [])),
    outputs: { record: record.id, "candidate-release": isKept ? release : "", "failure-reason": reason },
    details: {
      record: record.id,
      failureReason: reason,
      ...(lost.cause === undefined ? {} : { cause: lost.cause }),
      afterwards: after,
      ...diagnosis?.details,
    },
    summary: [
      table([...subjectRows(session), ["reason", `${reason}: ${sentence}`], ["then", after]]),
      diagnosis?.text ?? "",
    ].join("\n\n"),
  };
}

/** The distinct sentence of a colour that failed before anybody was sent to it. */
export function invalid(release: string, sentence: string): string {
  return `Validation of ${release} failed before the switch: ${sentence}`;
}

export interface Trouble {
  readonly colour: ReleaseObjects;
  readonly sentence: string;
  readonly view: RolloutView;
  readonly signal?: Signal;
}

/** Logs and events of the colour that failed, while it is still there. */
export function diagnoseColour(
  session: Session,
  { colour, view, sentence, signal }: Trouble,
): Promise<Diagnosis> {
  return diagnose(session, {
    reason: signal?.reason ?? "timeout",
    ...(signal === undefined ? {} : { signal }),
    view,
    scope: scopeOfColour(colour),
    baseline: colourBaseline(view),
    sentence,
    rendered: colour,
  });
}
