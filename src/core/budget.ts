/** The time of one whole step. Everything in it takes from the same total. */
export interface Budget {
  readonly totalMs: number;
  /** What is left now, never below zero. */
  leftMs(): number;
}

/** Starts the clock of a step. */
export function startBudget(totalMs: number, now: () => number): Budget {
  const endsAt = now() + totalMs;
  return { totalMs, leftMs: () => Math.max(0, endsAt - now()) };
}

// A program that is given less cannot even say why it failed.
const leastMs = 5_000;

/** What a part may use when so much must be left after it. */
export function spendMs(budget: Budget, reserveMs = 0): number {
  return Math.max(Math.min(leastMs, budget.totalMs), budget.leftMs() - reserveMs);
}
