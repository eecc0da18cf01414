import { combine, fail, inconclusive, pass, type Verdict } from "../../core/verdict.ts";

/** What can be wrong with a backup, by the names that the output `caught` uses. */
export type FaultId =
  | "empty"
  | "name"
  | "checksum"
  | "format"
  | "compression"
  | "header"
  | "truncated"
  | "command"
  | "restore"
  | "nothing-restored"
  | "table-missing"
  | "rows-below"
  | "rows-above"
  | "age"
  | "rto"
  | "time-limit";

export interface Fault {
  readonly id: FaultId;
  readonly sentence: string;
}

/** How far the check came: a pass means that all four were taken. */
export type Level = "file" | "decode" | "restore" | "compare";

/** Faults fail; what could not be looked at is a gap; only a backup without either passes. */
export function judgeBackup(faults: readonly Fault[], gaps: readonly string[]): Verdict {
  return combine([
    pass,
    ...faults.map(({ sentence }) => fail(sentence)),
    ...gaps.map((sentence) => inconclusive(sentence)),
  ]);
}

/** Ids of the faults, each once, in the order they were found. */
export function caughtIds(faults: readonly Fault[]): readonly FaultId[] {
  return [...new Set(faults.map(({ id }) => id))];
}
