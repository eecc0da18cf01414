import { expect, test } from "vitest";
import { reasonsOf } from "../../../src/core/verdict.ts";
import { approverOf } from "../../../src/domain/approval/approver.ts";
import { type EnvironmentProtection, judgeProtection } from "../../../src/domain/approval/protection.ts";

const environment = (change: Partial<EnvironmentProtection> = {}): EnvironmentProtection => ({
  name: "production",
  hasReviewers: true,
  hasBranchPolicy: true,
  customRules: [],
  ...change,
});

const judge = (
  found: EnvironmentProtection | undefined,
  helper?: EnvironmentProtection,
  approval: "required" | "none" = "required",
) =>
  judgeProtection({
    approval,
    environment: { name: "production", found },
    helpers: [{ input: "recovery-environment", name: "production-recovery", found: helper }],
  });

test("judgeProtection() passes an environment with reviewers and helpers with a branch policy", () => {
  expect(judge(environment(), environment({ hasReviewers: false })).kind).toBe("pass");
});

test.each([
  { name: "an absent environment", found: undefined, says: 'Environment "production" does not exist' },
  {
    name: "an environment nobody must approve",
    found: environment({ hasReviewers: false }),
    says: "has no required reviewers",
  },
  {
    name: "a custom protection rule",
    found: environment({ customRules: ["gate"] }),
    says: 'custom deployment protection rule "gate"',
  },
])("judgeProtection() refuses $name", ({ found, says }) => {
  const verdict = judge(found, environment());
  expect(verdict.kind).toBe("fail");
  expect(reasonsOf(verdict)[0]).toContain(says);
});

test.each([
  {
    name: "an absent helper",
    helper: undefined,
    says: 'recovery-environment "production-recovery" does not exist',
  },
  {
    name: "a helper open to any branch",
    helper: environment({ hasBranchPolicy: false }),
    says: "has no branch policy",
  },
])("judgeProtection() refuses $name, approval or not", ({ helper, says }) => {
  expect(reasonsOf(judge(environment(), helper))[0]).toContain(says);
  expect(reasonsOf(judge(environment(), helper, "none"))[0]).toContain(says);
});

test("judgeProtection() with approval none asks for no reviewers, but still for the environment", () => {
  expect(judge(environment({ hasReviewers: false }), environment(), "none").kind).toBe("pass");
  expect(judge(undefined, environment(), "none").kind).toBe("fail");
  expect(judge(environment({ customRules: ["gate"] }), environment(), "none").kind).toBe("fail");
});

test("approverOf() takes the newest answer for this environment alone", () => {
  const answer = (state: string, user: string, ...environments: readonly string[]) => ({
    state,
    user,
    environments,
  });
  expect(approverOf([answer("approved", "ann", "production")], "production")).toBe("ann");
  expect(approverOf([answer("approved", "ann", "staging")], "production")).toBeUndefined();
  expect(
    approverOf(
      [answer("rejected", "bob", "production"), answer("approved", "ann", "production")],
      "production",
    ),
  ).toBeUndefined();
  expect(approverOf([], "production")).toBeUndefined();
});
