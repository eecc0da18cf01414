import { expect, test } from "vitest";
import { spendMs, startBudget } from "../../../src/core/budget.ts";
import { reserveMs } from "../../../src/domain/capacity/reserve.ts";

test.each([
  { name: "a third for a short way back", given: { totalMs: 600_000, returnSeconds: 20 }, is: 200_000 },
  { name: "what a longer way back takes", given: { totalMs: 600_000, returnSeconds: 250 }, is: 250_000 },
  { name: "never more than half", given: { totalMs: 600_000, returnSeconds: 900 }, is: 300_000 },
  { name: "little without a way back", given: { totalMs: 600_000 }, is: 15_000 },
])("reserveMs() keeps $name", ({ given, is }) => {
  expect(reserveMs(given)).toBe(is);
});

test("a step's parts share one total", () => {
  let now = 1000;
  const budget = startBudget(60_000, () => now);
  expect(spendMs(budget, 20_000)).toBe(40_000);
  now += 45_000;
  expect(budget.leftMs()).toBe(15_000);
  expect(spendMs(budget)).toBe(15_000);
  now += 45_000;
  expect(budget.leftMs()).toBe(0);
  // Enough to say why it failed.
  expect(spendMs(budget, 20_000)).toBe(5_000);
});
