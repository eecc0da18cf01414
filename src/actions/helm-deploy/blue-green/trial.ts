import { fail, pass } from "../../../core/verdict.ts";
import type { DeployRecord } from "../../../domain/record/record.ts";
import type { RolloutState } from "../../../domain/record/state.ts";
import { type Colour, colourOfRelease } from "../../../domain/release/colours.ts";
import { type PhaseOutcome, refusedOutputs, type Session } from "../session.ts";
import { subjectRows, table } from "../summary.ts";

/** A colour that is tried beside the one that served before. */
export interface Trial {
  readonly rollout: RolloutState;
  readonly record: DeployRecord;
  readonly tried: Colour;
  readonly home: Colour;
  /** Release of the colour that served before. */
  readonly stable: string;
}

/** The colours of a rollout; `home` is absent where the version that is tried is the first one. */
export function coloursOf(
  { inputs }: Session,
  { candidateRelease, stableRelease }: RolloutState,
): { readonly tried: Colour; readonly home?: Colour } {
  const tried = colourOfRelease(inputs.release, candidateRelease);
  if (tried === undefined) throw new Error(`${candidateRelease} is a colour of ${inputs.release}`);
  const home = colourOfRelease(inputs.release, stableRelease ?? "");
  return home === undefined ? { tried } : { tried, home };
}

/** What a promoted colour says at its end. */
export function served(
  session: Session,
  record: DeployRecord,
  { release, note }: { readonly release: string; readonly note?: string },
): PhaseOutcome {
  const { revision, previousRevision: previous } = record;
  return {
    verdict: pass,
    outputs: {
      record: record.id,
      ...(revision === undefined ? {} : { revision: String(revision) }),
      ...(previous === undefined ? {} : { "previous-revision": String(previous) }),
      "candidate-release": release,
    },
    details: { record: record.id, serves: record.helmRelease, ...(note === undefined ? {} : { note }) },
    summary: table([...subjectRows(session), ["serves", `\`${record.helmRelease}\``], ["note", note]]),
  };
}

/** A phase that may not do anything here. */
export function refuse(sentence: string): PhaseOutcome {
  return { verdict: fail(sentence), outputs: refusedOutputs };
}
