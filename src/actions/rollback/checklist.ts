import { CancelledError, ConfigError, messageOf, OutsideError } from "../../core/errors.ts";
import type { CheckName, Urgency } from "../../domain/rollback/urgency.ts";

/** One look at the way back or at what it led to. */
export interface Check {
  readonly name: CheckName;
  readonly result: "passed" | "failed" | "unknown" | "not made";
  readonly sentence: string;
}

/** Something that speaks against the rollback, or against what came of it. */
export class CheckFailed extends OutsideError {}

/** The checks of one rollback, as they are made. What the urgency leaves out is not asked. */
export class Checklist {
  readonly made: Check[] = [];
  readonly #wanted: readonly CheckName[];
  readonly #say: (line: string) => void;

  constructor({ checks }: Urgency, say: (line: string) => void) {
    this.#wanted = checks;
    this.#say = say;
  }

  wants(name: CheckName): boolean {
    return this.#wanted.includes(name);
  }

  /**
   * Makes a check that is wanted. The sentence of one that failed, undefined when it passed, was left out, or could not
   * be made: an outside thing that gives no answer does not stop the way back.
   */
  async make(name: CheckName, body: () => Promise<string>): Promise<string | undefined> {
    if (!this.wants(name)) return undefined;
    try {
      this.add({ name, result: "passed", sentence: await body() });
      return undefined;
    } catch (error) {
      if (error instanceof CheckFailed) {
        this.add({ name, result: "failed", sentence: error.message });
        return error.message;
      }
      const isOutside =
        error instanceof OutsideError || error instanceof ConfigError || error instanceof CancelledError;
      if (!isOutside) throw error;
      this.add({ name, result: "unknown", sentence: messageOf(error) });
      return undefined;
    }
  }

  /** Says why wanted checks have nothing to look at. */
  leaveOut(names: readonly CheckName[], why: string): void {
    const wanted = names.filter((name) => this.wants(name));
    this.made.push(...wanted.map((name) => ({ name, result: "not made" as const, sentence: why })));
  }

  add(check: Check): void {
    this.made.push(check);
    this.#say(`check ${check.name}: ${check.result}: ${check.sentence}`);
  }

  /** Every wanted check, those that were not come to as well. */
  all(): readonly Check[] {
    return this.#wanted.map(
      (name) =>
        this.made.find((one) => one.name === name) ?? {
          name,
          result: "not made",
          sentence: "it was not come to",
        },
    );
  }

  hasFailed(): boolean {
    return this.made.some(({ result }) => result === "failed");
  }
}
