import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseGitleaksReport, scannedBytes, skippedFiles } from "../../../src/domain/scan/gitleaks-report.ts";
import { parseOsvReport } from "../../../src/domain/scan/osv-report.ts";

const recorded = (name: string) =>
  readFileSync(new URL(`../../fixtures/scan/${name}`, import.meta.url), "utf8");
const anywhere = { place: (path: string) => path };

test("parseGitleaksReport() reads rule, file and line of a recorded report", () => {
  const findings = parseGitleaksReport(recorded("gitleaks.json"));
  expect(findings?.map(({ id, severity, locations }) => ({ id, severity, locations }))).toEqual([
    { id: "github-pat", severity: "high", locations: [{ path: "/tmp/source/allowed.js", line: 1 }] },
    { id: "github-pat", severity: "high", locations: [{ path: "/tmp/source/config.js", line: 2 }] },
  ]);
});

test("parseGitleaksReport() drops the fields that hold the secret", () => {
  const entry = { RuleID: "github-pat", Description: "A token", File: "a.js", StartLine: 1 };
  const report = JSON.stringify([{ ...entry, Secret: "swordfish", Match: "token = swordfish" }]);
  expect(JSON.stringify(parseGitleaksReport(report))).not.toContain("swordfish");
});

test.each([
  { name: "a truncated report", text: recorded("gitleaks.json").slice(0, -5) },
  { name: "an empty file", text: "" },
  { name: "another document", text: '{"results":[]}' },
  { name: "an entry without a file", text: '[{"RuleID":"github-pat"}]' },
])("parseGitleaksReport() takes $name for no report", ({ text }) => {
  expect(parseGitleaksReport(text)).toBeUndefined();
});

test("scannedBytes() tells nothing read from nothing found", () => {
  expect(scannedBytes(recorded("gitleaks.stderr"))).toBe(262);
  expect(scannedBytes(recorded("gitleaks-missing-folder.stderr"))).toBe(0);
  expect(scannedBytes("no such line")).toBeUndefined();
});

test("skippedFiles() finds what could not be read", () => {
  expect(skippedFiles(recorded("gitleaks-missing-folder.stderr"))).toHaveLength(1);
  expect(skippedFiles(recorded("gitleaks.stderr"))).toEqual([]);
});

test("parseOsvReport() reads one finding per group, with the fix of the installed line", () => {
  const report = parseOsvReport(recorded("osv-source.json"), anywhere);
  expect(report?.packages).toEqual({ npm: 3 });
  const seen = report?.findings.map((one) => [one.id, one.severity, one.score, one.package?.fixedIn]);
  expect(seen).toEqual([
    ["GHSA-29mw-wpgm-hmr9", "medium", 5.3, ["4.17.21"]],
    ["GHSA-35jh-r3h4-6jhm", "high", 7.2, ["4.17.21"]],
    ["GHSA-xvch-5gv4-984h", "critical", 9.8, ["1.2.6"]],
  ]);
  expect(report?.findings[2]?.aliases).toEqual(["CVE-2021-44906"]);
});

test("parseOsvReport() leaves out packages whose place is not to be judged", () => {
  const inModules = (path: string) => (path.includes("/node_modules/") ? path : undefined);
  const report = parseOsvReport(recorded("osv-image.json"), { place: inModules });
  expect(report?.packages).toEqual({ npm: 3 });
  expect(report?.findings).toHaveLength(3);
});

test("parseOsvReport() counts every ecosystem, judged or not", () => {
  const report = parseOsvReport(recorded("osv-two-ecosystems.json"), anywhere);
  expect(report?.packages).toEqual({ npm: 3, PyPI: 1 });
});

test.each([
  { name: "a truncated report", text: recorded("osv-source.json").slice(0, 2000) },
  { name: "an empty file", text: "" },
  { name: "a document without results", text: "{}" },
  { name: "a list", text: "[]" },
])("parseOsvReport() takes $name for no report", ({ text }) => {
  expect(parseOsvReport(text, anywhere)).toBeUndefined();
});

const packageWith = (group: object, record: object) => ({
  package: { name: "left", version: "1.0.0", ecosystem: "npm" },
  groups: [{ ids: ["X-1"], aliases: [], max_severity: "", ...group }],
  vulnerabilities: [{ id: "X-1", ...record }],
});
const reportOf = (...packages: readonly object[]) =>
  JSON.stringify({ results: [{ source: { path: "/a/package-lock.json" }, packages }] });
const rated = (word: string) => ({ database_specific: { severity: word } });

test.each([
  { name: "the word when there is no score", group: {}, record: rated("MODERATE"), severity: "medium" },
  { name: "unknown when nobody has rated it", group: {}, record: {}, severity: "unknown" },
  { name: "the score", group: { max_severity: "7.5" }, record: {}, severity: "high" },
  {
    name: "the word where it is worse",
    group: { max_severity: "5" },
    record: rated("HIGH"),
    severity: "high",
  },
  {
    name: "the score where it is worse",
    group: { max_severity: "9.1" },
    record: rated("LOW"),
    severity: "critical",
  },
  { name: "critical for a malicious package", group: { ids: ["MAL-1"] }, record: {}, severity: "critical" },
])("parseOsvReport() takes $name for the severity", ({ group, record, severity }) => {
  const report = parseOsvReport(reportOf(packageWith(group, record)), anywhere);
  expect(report?.findings[0]?.severity).toBe(severity);
});

test("parseOsvReport() makes one finding of a package that lies in two places", () => {
  const twice = reportOf(packageWith({}, {}), packageWith({}, {}));
  expect(parseOsvReport(twice, anywhere)?.findings[0]?.locations).toHaveLength(2);
  expect(parseOsvReport(twice, anywhere)?.findings).toHaveLength(1);
});

test.each([
  { fixes: ["1.0.1", "0.2.4"], version: "1.0.0", fixedIn: ["1.0.1"] },
  { fixes: ["10.0.0", "9.2.0"], version: "9.1.0", fixedIn: ["9.2.0"] },
  { fixes: ["0.9.0"], version: "1.0.0", fixedIn: ["0.9.0"] },
  { fixes: [], version: "1.0.0", fixedIn: [] },
])("parseOsvReport() names of the fixes $fixes for $version $fixedIn", ({ fixes, version, fixedIn }) => {
  const ranges = fixes.map((fixed) => ({ events: [{ introduced: "0" }, { fixed }] }));
  const entry = packageWith({}, { affected: [{ package: { name: "left" }, ranges }] });
  const text = reportOf({ ...entry, package: { ...entry.package, version } });
  expect(parseOsvReport(text, anywhere)?.findings[0]?.package?.fixedIn).toEqual(fixedIn);
});
