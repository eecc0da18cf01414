import { combine, fail, inconclusive, pass, type Verdict } from "../../core/verdict.ts";
import type { TestOutcome } from "./smoke-test.ts";

/** The verdict over all tests. No tests, or not one connection, is a gap and never a pass. */
export function judgeTests(outcomes: readonly TestOutcome[]): Verdict {
  const [first] = outcomes;
  if (first === undefined) return inconclusive("No tests: there is nothing to judge");
  if (outcomes.every(({ exchange }) => exchange.kind === "unreachable")) {
    return inconclusive(first.problems[0] ?? "The service could not be reached");
  }
  return combine(
    outcomes.map((outcome) => {
      if (outcome.result !== "failed") return pass;
      const [problem = "failed", ...more] = outcome.problems.map((text) => `${outcome.test.name}: ${text}`);
      return fail(problem, ...more);
    }),
  );
}

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly degraded: number;
  readonly slowest?: { readonly name: string; readonly milliseconds: number };
}

/** Each test counts once: `passed` are those that passed at the first try. */
export function tally(outcomes: readonly TestOutcome[]): Tally {
  const count = (result: TestOutcome["result"]) => outcomes.filter((one) => one.result === result).length;
  const [slowest] = outcomes.toSorted((a, b) => b.exchange.elapsedMs - a.exchange.elapsedMs);
  return {
    passed: count("passed"),
    failed: count("failed"),
    degraded: count("degraded"),
    ...(slowest === undefined
      ? {}
      : { slowest: { name: slowest.test.name, milliseconds: Math.round(slowest.exchange.elapsedMs) } }),
  };
}
