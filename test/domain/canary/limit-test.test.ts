import { expect, test } from "vitest";
import {
  addToLimit,
  type LimitTest,
  logOfLimit,
  startLimit,
  testOverLimit,
  testUnderLimit,
} from "../../../src/domain/canary/limit-test.ts";
import { binomialLogs } from "./random.ts";

const evidence = (rule: LimitTest, bad: number, total: number) =>
  logOfLimit(rule, addToLimit(rule, startLimit(rule), { bad, total }));

test("testUnderLimit() shows a rate below 1 % at 5 % by 331 requests without an error, not by 330", () => {
  const rule = testUnderLimit(0.01);
  expect(evidence(rule, 0, 331)).toBeGreaterThanOrEqual(Math.log(20));
  expect(evidence(rule, 0, 330)).toBeLessThan(Math.log(20));
});

test.each([
  { errors: 1, suffice: 802 },
  { errors: 2, suffice: 993 },
  { errors: 5, suffice: 1544 },
])("testUnderLimit() decides with $errors errors too, by $suffice requests", ({ errors, suffice }) => {
  const rule = testUnderLimit(0.01);
  expect(evidence(rule, errors, suffice)).toBeGreaterThanOrEqual(Math.log(20));
  expect(evidence(rule, errors, suffice - 1)).toBeLessThan(Math.log(20));
});

test.each([
  { errors: 1, of: 10, shown: false },
  { errors: 2, of: 10, shown: true },
  { errors: 2, of: 40, shown: false },
  { errors: 25, of: 1000, shown: true },
  { errors: 10, of: 1000, shown: false },
])("testOverLimit() of $errors errors in $of against 1 %: $shown", ({ errors, of, shown }) => {
  expect(evidence(testOverLimit(0.01), errors, of) >= Math.log(20)).toBe(shown);
});

test.each([0.001, 0.01, 0.05, 0.3])("both tests expect at most 1 on their side of a limit of %d", (limit) => {
  for (const n of [1, 5, 20, 60]) {
    for (const factor of [1, 0.5, 0.1]) {
      expect(expectationOf(testOverLimit(limit), n, limit * factor)).toBeLessThanOrEqual(1 + 1e-9);
    }
    for (const factor of [1, 1.5, 3]) {
      expect(expectationOf(testUnderLimit(limit), n, limit * factor)).toBeLessThanOrEqual(1 + 1e-9);
    }
  }
});

function expectationOf(rule: LimitTest, n: number, rate: number): number {
  return binomialLogs(n, rate).reduce((sum, log, bad) => sum + Math.exp(log + evidence(rule, bad, n)), 0);
}

test("addToLimit() does not see how requests were cut into looks", () => {
  const rule = testOverLimit(0.01);
  const cut = addToLimit(rule, addToLimit(rule, startLimit(rule), { bad: 1, total: 40 }), {
    bad: 2,
    total: 60,
  });
  expect(logOfLimit(rule, cut)).toBeCloseTo(evidence(rule, 3, 100), 10);
});

test("addToLimit() learns nothing from NaN or from no requests", () => {
  const rule = testUnderLimit(0.01);
  expect(addToLimit(rule, startLimit(rule), { bad: 0, total: Number.NaN })).toEqual(startLimit(rule));
  expect(addToLimit(rule, startLimit(rule), { bad: 0, total: 0 })).toEqual(startLimit(rule));
});
