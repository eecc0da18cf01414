import type { Json } from "../../core/json.ts";
import type { Verdict } from "../../core/verdict.ts";
import { byDigest } from "../../domain/image/reference.ts";
import type { VulnerabilityDatabase } from "../../domain/scan/database.ts";
import { describeFinding, type Finding, type ScanReport } from "../../domain/scan/finding.ts";
import { compareSeverity, countBySeverity, severities } from "../../domain/scan/severity.ts";
import type { ActionResult } from "../../platform/action.ts";
import type { UploadOutcome } from "../../platform/code-scanning.ts";
import type { Annotation } from "../../platform/github-runner.ts";
import type { ScanInputs } from "./inputs.ts";
import type { Scanned } from "./scanners.ts";

export interface ScanSeen extends Scanned {
  readonly verdict: Verdict;
  readonly sarifFile: string;
  readonly upload: UploadOutcome | undefined;
}

const shownFindings = 20;
/** More would make the evidence unwieldy; the SARIF file has them all. */
const keptFindings = 1000;

/** Everything the action says at its end. */
export function scanResult(inputs: ScanInputs, seen: ScanSeen): ActionResult {
  const findings = seen.reports.flatMap((report) => report.findings);
  return {
    verdict: seen.verdict,
    subject: {
      ...(inputs.image === undefined
        ? {}
        : { digest: inputs.image.digest, image: byDigest(inputs.image, inputs.image.digest) }),
      path: inputs.path,
    },
    details: {
      allowed: { failOn: inputs.failOn, maxDatabaseAgeMs: inputs.maxDatabaseAgeMs },
      database:
        seen.database === undefined
          ? null
          : { ...seen.database, parts: seen.database.parts.map((part) => ({ ...part })) },
      counts: { ...countBySeverity(findings) },
      scans: seen.reports.map(detailOf),
      upload: seen.upload === undefined ? null : { ...seen.upload },
    },
    outputs: { "sarif-file": seen.sarifFile, counts: JSON.stringify(countBySeverity(findings)) },
    summary: summaryOf(seen),
    annotations: annotationsOf(seen, inputs),
    onInconclusive: inputs.onInconclusive,
  };
}

function detailOf(report: ScanReport): Json {
  const { scanner, tool, toolVersion, target, examined, gaps, allowed, findings } = report;
  const kept = sorted(findings).slice(0, keptFindings);
  return {
    ...{ scanner, tool, toolVersion, target, examined, gaps, allowed },
    counts: { ...countBySeverity(findings) },
    findings: kept.map((finding) => ({
      id: finding.id,
      aliases: finding.aliases,
      severity: finding.severity,
      ...(finding.score === undefined ? {} : { score: finding.score }),
      ...(finding.package === undefined ? {} : { package: { ...finding.package } }),
      locations: finding.locations.map((location) => ({ ...location })),
    })),
  };
}

function sorted(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((a, b) => compareSeverity(a.severity, b.severity));
}

function summaryOf({ reports, database, upload }: ScanSeen): string {
  const parts = [tableOfCounts(reports), ...listOfFindings(reports), ...describeDatabase(database)];
  if (upload?.kind === "refused")
    parts.push(`Code scanning did not take the findings: ${escapeText(upload.reason)}`);
  return parts.join("\n\n");
}

function tableOfCounts(reports: readonly ScanReport[]): string {
  const rows = reports.map((report) => {
    const counts = countBySeverity(report.findings);
    const examined = `${report.examined}${report.gaps.length === 0 ? "" : ", not all"}`;
    const cells = [report.scanner, `${report.tool} ${report.toolVersion}`, examined];
    return `| ${[...cells, ...severities.map((one) => String(counts[one]))].join(" | ")} |`;
  });
  const head = ["scan", "by", "examined", ...severities];
  return [`| ${head.join(" | ")} |`, `|${head.map(() => "---|").join("")}`, ...rows].join("\n");
}

function listOfFindings(reports: readonly ScanReport[]): readonly string[] {
  const all = sorted(reports.flatMap((report) => report.findings));
  const allowed = reports.reduce((sum, report) => sum + report.allowed, 0);
  const rows = all.slice(0, shownFindings).map((finding) => {
    const place = finding.locations[0];
    const where =
      place === undefined ? "" : `${place.path}${place.line === undefined ? "" : `:${place.line}`}`;
    return `| ${[finding.severity, describeFinding(finding), where, finding.title].map(escapeText).join(" | ")} |`;
  });
  const table = ["| severity | finding | where | what |", "|---|---|---|---|", ...rows].join("\n");
  const more = all.length - shownFindings;
  return [
    ...(rows.length === 0 ? [] : [table]),
    ...(more > 0 ? [`And ${more} more in the SARIF file.`] : []),
    ...(allowed > 0 ? [`${allowed} allowed by a comment \`gitleaks:allow\` in the line.`] : []),
  ];
}

function describeDatabase(database: VulnerabilityDatabase | undefined): readonly string[] {
  if (database === undefined) return [];
  const { name, source, description, recordedAt, parts } = database;
  const records = parts.map((part) => `${part.records} ${part.ecosystem}`).join(", ");
  const from = source === undefined ? "" : ` from ${source}`;
  const about = description === undefined ? "" : ` ${description}`;
  return [
    escapeText(
      `Vulnerability database: ${name}${from}, recorded ${recordedAt}, records: ${records}.${about}`,
    ),
  ];
}

/** Text from reports becomes a cell of a table and nothing else. */
function escapeText(text: string): string {
  return text.replace(/[\\|<>`*_[\]]/g, "\\$&").replace(/\s+/g, " ");
}

function annotationsOf({ reports, upload }: ScanSeen, { failOn }: ScanInputs): readonly Annotation[] {
  const inSource = reports
    .filter((report) => report.scanner !== "image")
    .flatMap((report) => report.findings);
  const shown = sorted(inSource).slice(0, shownFindings);
  const annotations = shown.map((finding): Annotation => {
    const place = finding.locations[0];
    return {
      level: failOn.includes(finding.severity) ? "error" : "warning",
      title: `security-scan: ${finding.severity}`,
      message: `${describeFinding(finding)}: ${finding.title}`,
      ...(place === undefined ? {} : { file: place.path }),
      ...(place?.line === undefined ? {} : { line: place.line }),
    };
  });
  const warning = upload === undefined || upload.kind === "uploaded" ? [] : [uploadWarning(upload)];
  return [...annotations, ...warning];
}

function uploadWarning(upload: UploadOutcome): Annotation {
  const why = upload.kind === "refused" ? upload.reason : "GitHub is still processing the upload";
  return { level: "warning", message: `Code scanning does not show the findings: ${why}` };
}
