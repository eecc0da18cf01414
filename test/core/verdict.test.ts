import { expect, test } from "vitest";
import { combine, fail, inconclusive, pass, reasonsOf } from "../../src/core/verdict.ts";

test.each([
  { name: "passes when all pass", verdicts: [pass, pass], kind: "pass" },
  { name: "fails when one fails", verdicts: [pass, fail("no"), inconclusive("gap")], kind: "fail" },
  { name: "is a gap when one is", verdicts: [pass, inconclusive("gap")], kind: "inconclusive" },
  { name: "is a gap when nothing was judged", verdicts: [], kind: "inconclusive" },
])("combine() $name", ({ verdicts, kind }) => {
  expect(combine(verdicts).kind).toBe(kind);
});

test("combine() keeps every reason, and fails with the failures alone", () => {
  expect(reasonsOf(combine([fail("a"), pass, fail("b", "c"), inconclusive("d")]))).toEqual(["a", "b", "c"]);
  expect(reasonsOf(combine([], "no tests"))).toEqual(["no tests"]);
});
