import { ConfigError } from "../../core/errors.ts";
import type { Entry, Place } from "./node.ts";

/** Something in the workflow that stops the run before it starts. */
export interface Refusal {
  readonly at: Place;
  readonly reason: string;
}

/** Thrown before anything runs: every reason, each with file and line. */
export class RefusedError extends ConfigError {
  readonly refusals: readonly Refusal[];

  constructor(refusals: readonly Refusal[]) {
    super(refusals.map((one) => `${one.at.file}:${one.at.line}: ${one.reason}`).join("\n"));
    this.refusals = refusals;
  }
}

/** Collects refusals so that the user reads all of them at once. */
export class Refusals {
  readonly #found: Refusal[] = [];

  /** Adds a reason; the same one at the same place counts once. */
  add(at: Place, reason: string): void {
    const isKnown = this.#found.some(
      (one) => one.reason === reason && one.at.file === at.file && one.at.line === at.line,
    );
    if (!isKnown) this.#found.push({ at, reason });
  }

  /** Throws all reasons found, if any. */
  throwIfAny(): void {
    if (this.#found.length > 0) throw new RefusedError(this.#found);
  }
}

/** Refuses every key of a mapping that is not in the list, by name. */
export function refuseUnknown(entries: readonly Entry[], known: readonly string[], refusals: Refusals): void {
  for (const { key, at } of entries) {
    if (!known.includes(key)) refusals.add(at, `"${key}" is not modelled by the rehearsal`);
  }
}
