import { expect, test } from "vitest";
import { type Severity, urgencyOf } from "../../../src/domain/rollback/urgency.ts";

const hour = 3_600_000;

test.each<{ severity: Severity; age: number | undefined; level: string; checks: number }>([
  { severity: "P0", age: hour, level: "immediate", checks: 3 },
  { severity: "P0", age: 48 * hour, level: "immediate", checks: 3 },
  { severity: "P1", age: hour, level: "standard", checks: 6 },
  { severity: "P3", age: 24 * hour, level: "standard", checks: 6 },
  { severity: "P3", age: 24 * hour + 1, level: "careful", checks: 9 },
  { severity: "P1", age: undefined, level: "standard", checks: 6 },
])("urgencyOf($severity, $age) is $level", ({ severity, age, level, checks }) => {
  const urgency = urgencyOf(severity, age);
  expect(urgency.level).toBe(level);
  expect(urgency.checks).toHaveLength(checks);
});

test("urgencyOf() looks at images and kinds unless it is P0", () => {
  expect(urgencyOf("P0", hour).checks).not.toContain("images");
  expect(urgencyOf("P2", hour).checks).toEqual(expect.arrayContaining(["images", "kinds", "pods"]));
  expect(urgencyOf("P2", 48 * hour).checks).toEqual(expect.arrayContaining(["dry run", "leftovers"]));
});
