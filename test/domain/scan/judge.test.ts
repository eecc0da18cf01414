import { expect, test } from "vitest";
import { reasonsOf } from "../../../src/core/verdict.ts";
import type { Finding, ScanReport } from "../../../src/domain/scan/finding.ts";
import { judgeScan } from "../../../src/domain/scan/judge.ts";
import type { Severity } from "../../../src/domain/scan/severity.ts";

const findingOf = (severity: Severity, id = "X-1"): Finding => ({
  id,
  aliases: [],
  severity,
  title: id,
  package: { name: "left", version: "1.0.0", ecosystem: "npm", fixedIn: ["1.0.1"] },
  locations: [{ path: "package-lock.json" }],
});
const reportOf = (findings: readonly Finding[], gaps: readonly string[] = []): ScanReport => ({
  scanner: "dependencies",
  tool: "osv-scanner",
  toolVersion: "2.6.0",
  target: ".",
  findings,
  examined: "3 packages",
  gaps,
  allowed: 0,
});
const failOn = ["critical", "high", "unknown"] as const;

test.each([
  { name: "passes a whole report without findings", reports: [reportOf([])], kind: "pass" },
  { name: "passes what is milder than asked for", reports: [reportOf([findingOf("medium")])], kind: "pass" },
  { name: "fails on a severity asked for", reports: [reportOf([findingOf("high")])], kind: "fail" },
  { name: "fails on what nobody has rated", reports: [reportOf([findingOf("unknown")])], kind: "fail" },
  { name: "does not pass a report with a gap", reports: [reportOf([], ["truncated"])], kind: "inconclusive" },
  {
    name: "fails on findings beside a gap",
    reports: [reportOf([findingOf("high")], ["broken"])],
    kind: "fail",
  },
  {
    name: "does not pass when one of two has a gap",
    reports: [reportOf([]), reportOf([], ["x"])],
    kind: "inconclusive",
  },
  { name: "does not pass when nothing has run", reports: [], kind: "inconclusive" },
])("judgeScan() $name", ({ reports, kind }) => {
  expect(judgeScan(reports, failOn).kind).toBe(kind);
});

test("judgeScan() with nothing to fail on still does not pass a gap", () => {
  expect(judgeScan([reportOf([findingOf("critical")])], []).kind).toBe("pass");
  expect(judgeScan([reportOf([], ["truncated"])], []).kind).toBe("inconclusive");
});

test("judgeScan() names how many, how many are allowed, and the first ones", () => {
  const many = ["A-1", "A-2", "A-3", "A-4", "A-5"].map((id) => findingOf("critical", id));
  expect(reasonsOf(judgeScan([reportOf(many)], failOn))).toEqual([
    "dependencies: 5 critical, allowed 0: A-1 in left 1.0.0, fixed in 1.0.1; A-2 in left 1.0.0, fixed in 1.0.1; " +
      "A-3 in left 1.0.0, fixed in 1.0.1; and 2 more",
  ]);
});
