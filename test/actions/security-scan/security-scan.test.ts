import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { at, listAt, textAt } from "../../../src/core/json.ts";
import type { ScannerStub } from "../../fakes/scanner-programs.ts";
import { clean, cleanSecrets, database, recorded, run } from "./run-scan.ts";

test("security-scan passes when every scanner looked at something and found nothing", async () => {
  const { runner, evidence } = await run({});
  expect(runner.failure()).toBeUndefined();
  expect(runner.outputs.verdict).toBe("pass");
  expect(JSON.parse(runner.outputs.counts ?? "")).toEqual({
    critical: 0,
    high: 0,
    medium: 0,
    low: 0,
    unknown: 0,
  });
  expect(textAt(evidence, "details", "database", "name")).toBe("recorded extract of seven npm advisories");
  expect(runner.summaries.join()).toContain("recorded extract of seven npm advisories");
});

test("security-scan fails on recorded findings and hands them on before it does", async () => {
  const osv = { report: recorded("osv-source.json"), exitCode: 1 };
  const { runner } = await run({ osv });
  expect(runner.failure()).toContain(
    "dependencies: 1 critical, allowed 0: GHSA-xvch-5gv4-984h in minimist 1.2.5",
  );
  expect(JSON.parse(runner.outputs.counts ?? "")).toMatchObject({ critical: 1, high: 1, medium: 1 });
  const sarif: unknown = JSON.parse(readFileSync(runner.outputs["sarif-file"] ?? "", "utf8"));
  expect(listAt(sarif, "runs", 1, "results")).toHaveLength(3);
});

test("security-scan reads findings of a milder severity than asked for and passes", async () => {
  const osv = { report: recorded("osv-source.json"), exitCode: 1 };
  const { runner } = await run({ osv, inputs: { "fail-on": "none" } });
  expect(runner.outputs.verdict).toBe("pass");
});

test("security-scan fails on a secret, and shows where but not what", async () => {
  const leak = [
    { RuleID: "github-pat", Description: "A token", File: "x.js", StartLine: 2, Secret: "swordfish" },
  ];
  const { runner, evidence } = await run({ gitleaks: { ...cleanSecrets, report: JSON.stringify(leak) } });
  expect(runner.failure()).toContain("secrets: 1 high, allowed 0: github-pat in x.js:2");
  expect(JSON.stringify([evidence, runner.summaries, runner.annotations])).not.toContain("swordfish");
});

test("security-scan counts a line that allows itself, and nothing else allows anything", async () => {
  const before = `for last in "$@"; do :; done
    printf 'a\\ntoken // gitleaks:allow\\n' > "$last/allowed.js"; printf 'a\\ntoken\\n' > "$last/open.js"`;
  const leaks = ["allowed.js", "open.js"].map((File) => ({ RuleID: "github-pat", File, StartLine: 2 }));
  const { runner, evidence } = await run({
    gitleaks: { ...cleanSecrets, before, report: JSON.stringify(leaks) },
  });
  expect(runner.failure()).toContain("secrets: 1 high, allowed 0: github-pat in open.js:2");
  expect(at(evidence, "details", "scans", 0, "allowed")).toBe(1);
});

test.each<{ name: string; gitleaks: ScannerStub; why: string }>([
  {
    name: "breaks",
    gitleaks: { ...cleanSecrets, exitCode: 1, stderr: "FTL no" },
    why: "gitleaks dir exited with 1",
  },
  { name: "leaves no report", gitleaks: { ...cleanSecrets, report: undefined }, why: "missing or truncated" },
  {
    name: "leaves half a report",
    gitleaks: { ...cleanSecrets, report: '[{"Rule' },
    why: "missing or truncated",
  },
  {
    name: "reads nothing",
    gitleaks: { report: "[]", stderr: "scanned ~0 bytes (0)" },
    why: "has read nothing",
  },
  { name: "does not say what it read", gitleaks: { report: "[]" }, why: "has read nothing" },
  {
    name: "skips a file",
    gitleaks: { ...cleanSecrets, stderr: 'WRN skipping error="permission denied"\nscanned ~9 bytes' },
    why: "could not read everything",
  },
])("security-scan does not pass when gitleaks $name", async ({ gitleaks, why }) => {
  const { runner } = await run({ gitleaks, inputs: { scanners: "secrets" } });
  expect(runner.outputs.verdict).toBe("inconclusive");
  expect(runner.failure()).toContain(why);
});

test.each<{ name: string; osv: ScannerStub; why: string }>([
  {
    name: "breaks",
    osv: { report: clean("/p"), exitCode: 127, stderr: "no database" },
    why: "exited with 127",
  },
  { name: "is refused a configuration", osv: { exitCode: 130 }, why: "exited with 130" },
  {
    name: "finds no lockfile",
    osv: { exitCode: 128, stderr: "No package sources found, --help" },
    why: "no lockfile",
  },
  {
    name: "cannot read the only lockfile",
    osv: { exitCode: 128, stderr: "Error during extraction: unexpected end\nNo package sources found" },
    why: "unexpected end",
  },
  { name: "leaves no report", osv: {}, why: "missing or truncated" },
  { name: "leaves half a report", osv: { report: '{"results":[' }, why: "missing or truncated" },
  { name: "recognises no package", osv: { report: '{"results":[]}' }, why: "no lockfile with packages" },
  {
    name: "says errors and exits 0",
    osv: { report: clean("/p"), stderr: "Error during x" },
    why: "Error during x",
  },
])("security-scan does not pass when osv-scanner $name", async ({ osv, why }) => {
  const { runner } = await run({ osv, inputs: { scanners: "dependencies" } });
  expect(runner.outputs.verdict).toBe("inconclusive");
  expect(runner.failure()).toContain(why);
});

test("security-scan does not take an exit code of findings for a whole scan", async () => {
  const stderr = recorded("osv-two-ecosystems.stderr");
  const osv = { report: recorded("osv-two-ecosystems.json"), stderr, exitCode: 1 };
  const { runner } = await run({ osv, inputs: { scanners: "dependencies", "fail-on": "low" } });
  expect(runner.outputs.verdict).toBe("inconclusive");
  expect(runner.failure()).toContain("no records for PyPI: 1 packages not judged");
});

test.each([
  { name: "absent", inputs: { database: "/nonexistent" }, why: "There is no vulnerability database" },
  { name: "too old", inputs: { "max-db-age": "1h" }, why: "24 h 0 min old, allowed 1 h 0 min" },
])("security-scan does not pass when the database is $name", async ({ inputs, why }) => {
  const { runner } = await run({ inputs: { scanners: "dependencies", ...inputs } });
  expect(runner.outputs.verdict).toBe("inconclusive");
  expect(runner.failure()).toContain(why);
});

test("security-scan warns instead when that is asked for, but not about bad input", async () => {
  const inputs = { database: "/nonexistent", "on-inconclusive": "warn", scanners: "dependencies" };
  expect((await run({ inputs })).runner.failure()).toBeUndefined();
  expect((await run({ inputs: { ...inputs, path: "nowhere" } })).runner.failure()).toContain('Input "path"');
});

test("security-scan gives scanners neither tokens nor inputs, and obeys no file of the repository", async () => {
  vi.stubEnv("GITHUB_TOKEN", "t0ken");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "t0ken");
  const { folder } = await run({});
  vi.unstubAllEnvs();
  const seen =
    readFileSync(join(folder, "gitleaks.env"), "utf8") +
    readFileSync(join(folder, "osv-scanner.env"), "utf8");
  expect(seen).not.toMatch(/t0ken|GITHUB_|AWS_/);
  const gitleaks = readFileSync(join(folder, "gitleaks.calls"), "utf8");
  expect(gitleaks).toMatch(/--config \S+gitleaks\.toml --gitleaks-ignore-path \S+ --ignore-gitleaks-allow/);
  const osv = readFileSync(join(folder, "osv-scanner.calls"), "utf8");
  expect(osv).toMatch(/--offline --config \S+osv-scanner\.toml/);
  expect(osv).toContain("--no-ignore");
});

test("security-scan without a database downloads one, and judges what that leaves", async () => {
  const before = `mkdir -p "$OSV_SCANNER_LOCAL_DB_CACHE_DIRECTORY" && cp -r ${database}/. "$OSV_SCANNER_LOCAL_DB_CACHE_DIRECTORY"`;
  const osv = { before, report: clean("/p") };
  const { runner, folder } = await run({ osv, inputs: { scanners: "dependencies", database: "" } });
  expect(readFileSync(join(folder, "osv-scanner.calls"), "utf8")).toContain("--download-offline-databases");
  expect(runner.outputs.verdict).toBe("pass");
  const without = await run({
    osv: { report: clean("/p") },
    inputs: { scanners: "dependencies", database: "" },
  });
  expect(without.runner.failure()).toContain("no records for npm");
});

test("security-scan leaves nothing of its own behind but evidence and SARIF", async () => {
  const { runner } = await run({});
  const temp = runner.env.RUNNER_TEMP ?? "";
  expect(readdirSync(temp)).toEqual(["sluice"]);
});
