import { readFile, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Finding, ScanReport } from "../domain/scan/finding.ts";
import { parseGitleaksReport, scannedBytes, skippedFiles } from "../domain/scan/gitleaks-report.ts";
import type { ScannerProcess } from "./scanner-process.ts";
import { describeFailure } from "./shell.ts";

export interface SecretScan {
  /** The folder whose files are read, as they lie there; the history is not. */
  readonly path: string;
  /** Where the folder lies in the repository, for the findings' paths; empty at its root. */
  readonly prefix: string;
}

/** gitleaks' own rules and nothing else: a configuration file of the repository could switch the scanner off. */
const configuration = "[extend]\nuseDefault = true\n";

/** Scans the files of a folder for credentials by gitleaks. */
export async function scanSecrets(gitleaks: ScannerProcess, scan: SecretScan): Promise<ScanReport> {
  const report = join(gitleaks.folder, "gitleaks.json");
  const source = join(gitleaks.folder, "source");
  const config = join(gitleaks.folder, "gitleaks.toml");
  await writeFile(config, configuration);
  // gitleaks obeys a .gitleaksignore in the scanned folder, and no flag prevents it. Its entries name files, and no
  // entry can name a file by this path.
  await symlink(resolve(scan.path), source);
  const args = [
    "dir",
    ...["--config", config, "--gitleaks-ignore-path", gitleaks.folder, "--ignore-gitleaks-allow"],
    ...["--report-format", "json", "--report-path", report, "--redact", "--exit-code", "0"],
    ...["--no-banner", "--no-color"],
    `${source}/`,
  ];
  const { shell, program, env, timeoutMs } = gitleaks;
  const ran = await shell(program, args, { env, timeoutMs });
  const found = ran.exitCode === 0 ? parseGitleaksReport(await readOrEmpty(report)) : undefined;
  const bytes = scannedBytes(ran.stderr) ?? 0;
  const skipped = skippedFiles(ran.stderr).map((line) => line.replaceAll(`${source}/`, ""));
  const placed = (found ?? []).map((finding) => place(finding, `${source}/`, scan.prefix));
  const { open, allowed } = await splitAllowed(placed, scan);
  return {
    scanner: "secrets",
    tool: "gitleaks",
    toolVersion: gitleaks.version,
    target: scan.path,
    findings: open,
    allowed,
    examined: `${bytes} bytes`,
    gaps: [
      ...(ran.exitCode === 0 ? [] : [describeFailure(program, args, ran)]),
      ...(ran.exitCode === 0 && found === undefined
        ? ["The report of gitleaks is missing or truncated"]
        : []),
      ...(ran.exitCode === 0 && bytes === 0 ? [`gitleaks has read nothing below ${scan.path}`] : []),
      ...skipped.slice(0, 3).map((line) => `gitleaks could not read everything: ${line}`),
    ],
  };
}

async function readOrEmpty(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}

function place(finding: Finding, source: string, prefix: string): Finding {
  return {
    ...finding,
    locations: finding.locations.map((location) => ({
      ...location,
      path: join(
        prefix,
        location.path.startsWith(source) ? location.path.slice(source.length) : location.path,
      ),
    })),
  };
}

/** A comment `gitleaks:allow` in the line itself is seen by whoever reviews the line, so it counts, and is counted. */
async function splitAllowed(findings: readonly Finding[], { path, prefix }: SecretScan) {
  const open: Finding[] = [];
  for (const finding of findings) {
    const [location] = finding.locations;
    const file =
      location === undefined ? "" : join(path, location.path.slice(prefix === "" ? 0 : prefix.length + 1));
    const lines = (await readOrEmpty(file)).split("\n");
    const line = lines[(location?.line ?? 0) - 1] ?? "";
    if (!line.includes("gitleaks:allow")) open.push(finding);
  }
  return { open, allowed: findings.length - open.length };
}
