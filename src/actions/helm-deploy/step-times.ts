import { messageOf } from "../../core/errors.ts";
import { changeRecord } from "../../domain/record/record.ts";
import type { PhaseOutcome, Session } from "./session.ts";

/** Writes into the record how long the phase took. The deploy itself is over: a failure to write is a warning. */
export async function noteStep(session: Session, outcome: PhaseOutcome, startedAt: number): Promise<void> {
  const id = outcome.outputs?.record;
  if (id === undefined || id === "" || session.inputs.phase === "plan") return;
  const step = {
    name: session.inputs.phase,
    seconds: Math.round((session.clock.now() - startedAt) / 100) / 10,
  };
  try {
    await session.store.update((state) => {
      const before = state.records.find((one) => one.id === id);
      if (before === undefined) return state;
      const steps = [...(before.steps ?? []), step];
      return { ...state, records: changeRecord(state.records, id, { steps }) };
    });
  } catch (error) {
    const message = `The time of this step is not in the record: ${messageOf(error)}`;
    session.context.runner.annotate({ level: "warning", message });
  }
}
