import { expect, test } from "vitest";
import { annotationsOf, evidenceBars } from "../../../src/actions/canary-analyze/explain.ts";
import type { MetricJudgement } from "../../../src/domain/canary/judgement.ts";
import { errorRate, judge, look } from "../../domain/canary/looks.ts";

const judgement = (name: string, kind: MetricJudgement["kind"]): MetricJudgement => ({
  ...judge(errorRate, [look("5", [0, 100, 0, 900])]),
  name,
  kind,
  sentence: `${name} is ${kind}`,
});
const metrics = (...names: readonly string[]) => names.map((name) => ({ ...errorRate, name }));

test("annotationsOf() is an error for each metric that failed, with its sentence", () => {
  const judgements = [judgement("a", "failed"), judgement("b", "passed"), judgement("c", "open")];
  expect(annotationsOf({ verdict: "fail", metrics: metrics("a", "b", "c"), judgements })).toEqual([
    { level: "error", title: "canary-analyze: a failed", message: "a is failed" },
  ]);
});

test("annotationsOf() warns of each metric that left the verdict open", () => {
  const judgements = [judgement("a", "unusable"), judgement("b", "passed"), judgement("c", "open")];
  expect(annotationsOf({ verdict: "inconclusive", metrics: metrics("a", "b", "c"), judgements })).toEqual([
    { level: "warning", title: "canary-analyze: a unusable", message: "a is unusable" },
    { level: "warning", title: "canary-analyze: c open", message: "c is open" },
  ]);
});

test("annotationsOf() only notices a metric that decides nothing, and says nothing on pass", () => {
  const aside = [{ ...errorRate, name: "a", critical: false }];
  expect(
    annotationsOf({ verdict: "pass", metrics: aside, judgements: [judgement("a", "failed")] }),
  ).toMatchObject([{ level: "notice", title: "canary-analyze: a would have failed" }]);
  expect(
    annotationsOf({ verdict: "pass", metrics: metrics("a"), judgements: [judgement("a", "passed")] }),
  ).toEqual([]);
});

test("annotationsOf() stays below what GitHub shows of one step", () => {
  const names = Array.from({ length: 20 }, (_, index) => `m${index}`);
  const judgements = names.map((name) => judgement(name, "failed"));
  const all = annotationsOf({ verdict: "fail", metrics: metrics(...names), judgements });
  expect(all).toHaveLength(9);
  expect(all.at(-1)).toEqual({ level: "notice", message: "12 more metrics are in the evidence file" });
});

test("evidenceBars() shows the evidence as a part of its bound, the strongest of neighbours, at most forty", () => {
  const at = (logFail: number) => ({ logFail, logFailsAt: 4 });
  expect(evidenceBars([at(Number.NEGATIVE_INFINITY), at(-2), at(1), at(2), at(3.9), at(9)])).toBe("▁▁▃▅██");
  const many = Array.from({ length: 400 }, (_, index) => at(index === 205 ? 4 : 0));
  expect(evidenceBars(many)).toHaveLength(40);
  expect(evidenceBars(many)).toContain("█");
  expect(evidenceBars([])).toBe("");
});
