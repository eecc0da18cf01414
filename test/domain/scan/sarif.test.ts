import { expect, test } from "vitest";
import { at, listAt, textAt } from "../../../src/core/json.ts";
import type { Finding, ScanReport } from "../../../src/domain/scan/finding.ts";
import { sarifOf } from "../../../src/domain/scan/sarif.ts";

const secret = (path: string, line: number): Finding => ({
  id: "github-pat",
  aliases: [],
  severity: "high",
  title: "A token",
  locations: [{ path, line }],
});
const vulnerability: Finding = {
  id: "GHSA-1",
  aliases: ["CVE-1"],
  severity: "medium",
  score: 5.35,
  title: "Something",
  package: { name: "left", version: "1.0.0", ecosystem: "npm", fixedIn: [] },
  locations: [{ path: "/app/node modules/left/package.json" }],
};
const reportOf = (
  scanner: ScanReport["scanner"],
  findings: readonly Finding[],
  gaps: readonly string[] = [],
) => ({
  scanner,
  tool: scanner === "secrets" ? "gitleaks" : "osv-scanner",
  toolVersion: "1.2.3",
  target: ".",
  findings,
  examined: "3 packages",
  gaps,
  allowed: 0,
});

test("sarifOf() writes one run per scanner, each with an id of its own", () => {
  const reports = [reportOf("secrets", []), reportOf("dependencies", []), reportOf("image", [])];
  const sarif = sarifOf(reports, { imageName: "acme/web" });
  expect(textAt(sarif, "version")).toBe("2.1.0");
  const ids = listAt(sarif, "runs").map((run) => textAt(run, "automationDetails", "id"));
  expect(ids).toEqual(["sluice/secrets/", "sluice/dependencies/", "sluice/image/acme/web/"]);
});

test("sarifOf() gives rules a numeric string as security-severity, and none to what is unknown", () => {
  const unrated: Finding = { ...secret("a", 1), id: "X-1", severity: "unknown" };
  const run = at(sarifOf([reportOf("dependencies", [vulnerability, secret("a", 1), unrated])]), "runs", 0);
  const rules = listAt(run, "tool", "driver", "rules");
  const scores = rules.map((rule) => [textAt(rule, "id"), textAt(rule, "properties", "security-severity")]);
  expect(scores).toEqual([
    ["github-pat", "8.0"],
    ["GHSA-1", "5.3"],
    ["X-1", undefined],
  ]);
});

test("sarifOf() ties each result to its rule and gives it a relative, encoded place", () => {
  const run = at(sarifOf([reportOf("image", [vulnerability])]), "runs", 0);
  const result = at(run, "results", 0);
  expect(at(result, "ruleIndex")).toBe(0);
  expect(textAt(result, "level")).toBe("warning");
  const uri = textAt(result, "locations", 0, "physicalLocation", "artifactLocation", "uri");
  expect(uri).toBe("app/node%20modules/left/package.json");
});

const fingerprintsOf = (findings: readonly Finding[]) =>
  listAt(sarifOf([reportOf("secrets", findings)]), "runs", 0, "results").map((result) =>
    textAt(result, "partialFingerprints", "primaryLocationLineHash"),
  );

test("sarifOf() keeps fingerprints when lines move, and tells two in one file apart", () => {
  const before = fingerprintsOf([secret("a.js", 1), secret("a.js", 9), secret("b.js", 1)]);
  const after = fingerprintsOf([secret("a.js", 4), secret("a.js", 12), secret("b.js", 7)]);
  expect(after).toEqual(before);
  expect(new Set(before).size).toBe(3);
});

test("sarifOf() says when a scan was not whole", () => {
  const run = at(sarifOf([reportOf("secrets", [], ["truncated"])]), "runs", 0);
  expect(at(run, "invocations", 0, "executionSuccessful")).toBe(false);
});

test("sarifOf() keeps within what code scanning takes, the worst first", () => {
  const many = Array.from({ length: 25_100 }, (_, n) => ({ ...vulnerability, id: `GHSA-${n}` }));
  const run = at(sarifOf([reportOf("dependencies", [...many, secret("a", 1)])]), "runs", 0);
  expect(listAt(run, "results")).toHaveLength(25_000);
  expect(textAt(run, "results", 0, "ruleId")).toBe("github-pat");
});
