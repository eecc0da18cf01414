import type { Json } from "../../core/json.ts";
import { describeFinding, type Finding, type ScanReport } from "./finding.ts";
import { compareSeverity, type Severity, worstOf } from "./severity.ts";

/** GitHub refuses a file with more results in a run, and more locations in a result than it can show help nobody. */
const maxResults = 25_000;
const maxLocations = 100;

const levels: Readonly<Record<Severity, string>> = {
  critical: "error",
  high: "error",
  medium: "warning",
  low: "note",
  unknown: "warning",
};

/** The score that stands for a severity where no CVSS score is stated. GitHub sorts alerts by it. */
const scores: Readonly<Record<Severity, string | undefined>> = {
  critical: "9.5",
  high: "8.0",
  medium: "5.5",
  low: "2.0",
  unknown: undefined,
};

export interface SarifOptions {
  /** Keeps the alerts of several images apart; the image without registry, tag and digest. */
  readonly imageName?: string | undefined;
}

/**
 * SARIF 2.1.0 as code scanning takes it: one run per scanner, each with an id of its own that stays the same
 * from run to run, since GitHub closes the alerts of an id that come no more.
 */
export function sarifOf(reports: readonly ScanReport[], options: SarifOptions = {}): Json {
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: reports.map((report) => runOf(report, options)),
  };
}

function runOf(report: ScanReport, { imageName }: SarifOptions): Json {
  const suffix = report.scanner === "image" && imageName !== undefined ? `/${imageName}` : "";
  const findings = report.findings
    .toSorted((a, b) => compareSeverity(a.severity, b.severity))
    .slice(0, maxResults);
  const byRule = Map.groupBy(findings, (finding) => finding.id);
  const ruleIndexes = new Map([...byRule.keys()].map((id, index) => [id, index]));
  const seen = new Map<string, number>();
  return {
    tool: {
      driver: {
        name: report.tool,
        version: report.toolVersion,
        rules: [...byRule.values()].map(ruleOf),
      },
    },
    automationDetails: { id: `sluice/${report.scanner}${suffix}/` },
    invocations: [
      {
        executionSuccessful: report.gaps.length === 0,
        toolExecutionNotifications: report.gaps.map((text) => ({ level: "error", message: { text } })),
      },
    ],
    results: findings.map((finding) => resultOf(finding, ruleIndexes.get(finding.id) ?? -1, seen)),
  };
}

function ruleOf(findings: readonly Finding[]): Json {
  const first = findings[0];
  const severity = worstOf(findings.map((finding) => finding.severity));
  const stated = findings.map((finding) => finding.score ?? 0);
  const score = Math.max(...stated) > 0 ? Math.max(...stated).toFixed(1) : scores[severity];
  return {
    id: first?.id ?? "",
    shortDescription: { text: first?.title ?? "" },
    help: { text: [first?.title, ...(first?.aliases ?? [])].join("\n") },
    defaultConfiguration: { level: levels[severity] },
    properties: {
      tags: ["security"],
      ...(score === undefined ? {} : { "security-severity": score }),
    },
  };
}

function resultOf(finding: Finding, ruleIndex: number, seen: Map<string, number>): Json {
  return {
    ruleId: finding.id,
    ruleIndex,
    level: levels[finding.severity],
    message: { text: `${describeFinding(finding)}: ${finding.title}` },
    locations: finding.locations.slice(0, maxLocations).map(({ path, line }) => ({
      physicalLocation: {
        artifactLocation: { uri: uriOf(path) },
        region: { startLine: line ?? 1 },
      },
    })),
    partialFingerprints: { primaryLocationLineHash: fingerprintOf(finding, seen) },
  };
}

/** Relative, with forward slashes: code scanning places a finding by nothing else. */
function uriOf(path: string): string {
  return path.replace(/^\/+/, "").split("/").map(encodeURIComponent).join("/");
}

/** Neither a line nor a scanner's version is in it, so that an alert survives an edit above its line. */
function fingerprintOf(finding: Finding, seen: Map<string, number>): string {
  const what = finding.package === undefined ? "" : `${finding.package.ecosystem}/${finding.package.name}`;
  const key = [finding.id, what, finding.locations[0]?.path ?? ""].filter((part) => part !== "").join(":");
  const nth = (seen.get(key) ?? 0) + 1;
  seen.set(key, nth);
  return `${key}:${nth}`;
}
