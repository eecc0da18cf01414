import { ageGaps, coverageGaps, type VulnerabilityDatabase } from "../../domain/scan/database.ts";
import type { ScannerName, ScanReport } from "../../domain/scan/finding.ts";
import { scanSecrets } from "../../platform/gitleaks.ts";
import type { ImageArchive } from "../../platform/image-archive.ts";
import { type OsvScan, type OsvScanner, scanDependencies, scanImage } from "../../platform/osv-scanner.ts";
import type { ScannerProcess } from "../../platform/scanner-process.ts";
import type { SourceFolder } from "../../platform/source-folder.ts";
import { readDatabase } from "../../platform/vulnerability-database.ts";

/** Everything the scanners need, found before the first one starts. */
export interface Prepared {
  readonly scanners: readonly ScannerName[];
  readonly source: SourceFolder;
  readonly gitleaks: ScannerProcess | undefined;
  readonly osv: OsvScanner | undefined;
  /** The image by digest; empty when no image is scanned. */
  readonly image: string;
  readonly archives: readonly ImageArchive[];
}

export interface DatabaseRule {
  readonly maxDatabaseAgeMs: number;
  readonly nowMs: number;
}

export interface Scanned {
  readonly reports: readonly ScanReport[];
  /** The database that was asked; undefined where none was needed or there is none. */
  readonly database: VulnerabilityDatabase | undefined;
}

/** Runs the scanners that were asked for. One that broke leaves a report with a gap and does not stop the others. */
export async function runScanners(prepared: Prepared, rule: DatabaseRule): Promise<Scanned> {
  const { gitleaks, osv, source } = prepared;
  const [secrets, packages] = await Promise.all([
    gitleaks === undefined ? [] : scanSecrets(gitleaks, source).then((report) => [report]),
    osv === undefined ? { reports: [], database: undefined } : lookUpPackages(osv, prepared, rule),
  ]);
  return { reports: [...secrets, ...packages.reports], database: packages.database };
}

async function lookUpPackages(osv: OsvScanner, prepared: Prepared, rule: DatabaseRule): Promise<Scanned> {
  const before = await readDatabase(osv.database);
  if (before === undefined && !osv.mayDownload) {
    return {
      reports: prepared.scanners.flatMap((scanner) => withoutDatabase(scanner, osv, prepared)),
      database: undefined,
    };
  }
  const scans: OsvScan[] = [];
  // One after the other: where databases are downloaded, the first scan leaves them for the next.
  if (prepared.scanners.includes("dependencies")) {
    scans.push(await scanDependencies(osv, prepared.source.path, prepared.source.prefix));
  }
  for (const { path, platform } of prepared.archives) {
    scans.push(
      await scanImage(osv, path, platform === "" ? prepared.image : `${prepared.image} (${platform})`),
    );
  }
  const database = osv.mayDownload ? await readDatabase(osv.database) : before;
  const aged =
    database === undefined ? [] : ageGaps({ database, maxAgeMs: rule.maxDatabaseAgeMs, nowMs: rule.nowMs });
  return {
    reports: scans.map(({ report, packages }) => ({
      ...report,
      gaps: [...report.gaps, ...aged, ...coverageGaps(packages, database?.parts ?? [])],
    })),
    database,
  };
}

/** What stands in for a scan that could not begin. */
function withoutDatabase(scanner: ScannerName, osv: OsvScanner, prepared: Prepared): readonly ScanReport[] {
  if (scanner === "secrets") return [];
  const report = {
    scanner,
    tool: "osv-scanner",
    toolVersion: osv.version,
    target: scanner === "image" ? prepared.image : prepared.source.path,
    findings: [],
    examined: "nothing",
    gaps: [`There is no vulnerability database in ${osv.database}`],
    allowed: 0,
  };
  return [report];
}
