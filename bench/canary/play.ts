import type { Answer, Judge } from "./judges.ts";
import { seeded } from "./random.ts";
import { type Minute, minute, type Situation } from "./traffic.ts";

export const looks = 60;
const historyMinutes = 60;
/** Other runs than the usual ones: `SEED=100000` plays those from the 100,001st on. */
const firstRun = Number(process.env.SEED ?? 0);

export interface Played {
  readonly runs: number;
  readonly failed: number;
  readonly passed: number;
  /** Look of the first fail, and of the first pass, of the runs that had one. */
  readonly failedAt: readonly number[];
  readonly passedAt: readonly number[];
}

/** A judge, and how many of the runs it is shown: a slow one may see fewer. */
export interface Seat {
  readonly judge: Judge;
  readonly runs: number;
}

interface Judging {
  readonly look: (minute: Minute) => Answer;
  readonly failedAt: number[];
  readonly passedAt: number[];
  passedLook: number | undefined;
  isOver: boolean;
}

/** Plays a situation many times. All judges see the same minutes of the same run; the answers are in their order. */
export function play(situation: Situation, seats: readonly Seat[], minutes = looks): readonly Played[] {
  const found = seats.map(() => ({ failedAt: [] as number[], passedAt: [] as number[] }));
  const most = Math.max(...seats.map(({ runs }) => runs));
  for (let run = 0; run < most; run++) {
    const random = seeded(1_000_003 * (firstRun + run + 1));
    const at = (index: number): Minute => minute(random, situation, { at: index, minutes });
    const history = Array.from({ length: historyMinutes }, (_, index) => at(index - historyMinutes));
    const judging = seats.flatMap(({ judge, runs }, index): readonly Judging[] => {
      const lists = found[index];
      if (run >= runs || lists === undefined) return [];
      return [{ ...judge.begin(history), ...lists, passedLook: undefined, isOver: false }];
    });
    for (let look = 1; look <= minutes && judging.some(({ isOver }) => !isOver); look++)
      show(judging, at(look - 1), look);
    for (const { passedLook, passedAt } of judging) if (passedLook !== undefined) passedAt.push(passedLook);
  }
  return found.map(({ failedAt, passedAt }, index) => ({
    runs: seats[index]?.runs ?? 0,
    failed: failedAt.length,
    passed: passedAt.length,
    failedAt,
    passedAt,
  }));
}

function show(judging: readonly Judging[], minute: Minute, look: number): void {
  for (const one of judging) {
    if (one.isOver) continue;
    const answer = one.look(minute);
    if (answer === "pass") one.passedLook ??= look;
    if (answer !== "fail") continue;
    one.failedAt.push(look);
    one.isOver = true;
  }
}

export function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Standard error of a share. */
export function standardError(share: number, runs: number): number {
  return Math.sqrt((share * (1 - share)) / runs);
}
