import type { RunEvent } from "../runner/events.ts";

/** The events of one rehearsal, kept for the report; lines of the log stay with the run's own files. */
export interface RunRecord {
  readonly events: readonly RunEvent[];
  readonly startedAt: Date;
  readonly endedAt: Date;
}

export interface Recording {
  onEvent(event: RunEvent): void;
  finish(): RunRecord;
}

export function recordRun(): Recording {
  const events: RunEvent[] = [];
  const startedAt = new Date();
  return {
    onEvent: (event) => {
      if (event.kind !== "log") events.push(event);
    },
    finish: () => ({ events, startedAt, endedAt: new Date() }),
  };
}
