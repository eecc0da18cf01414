import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readInputs } from "../../../src/actions/security-scan/inputs.ts";
import { securityScan } from "../../../src/actions/security-scan/run.ts";
import { runAction } from "../../../src/platform/action.ts";
import type { GithubApi } from "../../../src/platform/github-api.ts";
import { http } from "../../../src/platform/http.ts";
import { writeDatabase } from "../../../src/rehearsal/vulnerability-database.ts";
import { type FakeRunner, fakeRunner } from "../../fakes/fake-runner.ts";
import { type ScannerStub, scannerProgram } from "../../fakes/scanner-programs.ts";

export const database = mkdtempSync(join(tmpdir(), "sluice-database-"));
await writeDatabase(database);

/** A report that scanners left when they were recorded. */
export function recorded(name: string): string {
  return readFileSync(new URL(`../../fixtures/scan/${name}`, import.meta.url), "utf8");
}

/** A report of osv-scanner that has looked up one package and found nothing. */
export function clean(path: string): string {
  const results = [
    { source: { path }, packages: [{ package: { name: "ms", version: "2", ecosystem: "npm" } }] },
  ];
  return JSON.stringify({ results });
}

export const cleanSecrets: ScannerStub = {
  report: "[]",
  stderr: "4:12AM INF scanned ~262 bytes (262 bytes)\n",
};
const nowMs = Date.parse("2026-11-23T00:00:00Z");

export interface Surroundings {
  readonly inputs?: Readonly<Record<string, string>>;
  readonly gitleaks?: ScannerStub;
  readonly osv?: ScannerStub;
  readonly request?: GithubApi["request"];
}

export interface Seen {
  readonly runner: FakeRunner;
  readonly folder: string;
  readonly evidence: unknown;
}

/** Runs the action with stand-ins for the scanners, a day after the database was recorded. */
export async function run({ inputs, gitleaks, osv, request }: Surroundings): Promise<Seen> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-scan-"));
  const workspace = join(folder, "work");
  mkdirSync(workspace);
  const bin = scannerProgram(folder, "gitleaks", gitleaks ?? cleanSecrets);
  scannerProgram(folder, "osv-scanner", osv ?? { report: clean(join(workspace, "package-lock.json")) });
  const given = fakeRunner("security-scan", {
    database,
    "max-db-age": "7d",
    scanners: "secrets,dependencies",
    ...inputs,
  });
  const env = {
    ...given.env,
    PATH: `${bin}:${process.env.PATH}`,
    GITHUB_WORKSPACE: workspace,
  };
  const runner: FakeRunner = { ...given, env };
  const github = {
    request: request ?? (() => Promise.reject(new Error("nothing is uploaded"))),
  } as GithubApi;
  const clock = { now: () => nowMs, sleep: () => Promise.resolve() };
  await runAction("security-scan", runner, (context) =>
    securityScan(readInputs(runner), context, { http, clock, github }),
  );
  const report = runner.outputs.report ?? "";
  return { runner, folder, evidence: JSON.parse(readFileSync(report, "utf8")) };
}
