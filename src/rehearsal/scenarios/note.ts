import type { Faults } from "../application.ts";
import type { Scenario } from "./scenario.ts";

/** A change that makes another image and nothing else. */
export function writeNote(text: string): Scenario["change"] {
  return async ({ application }) => {
    await application.write("src/release-note.txt", `${text}.\n`);
    return undefined;
  };
}

/** Bakes faults into the next version. */
export function bake(faults: Faults): Scenario["change"] {
  return async ({ application }) => {
    await application.setFaults(faults);
    return undefined;
  };
}
