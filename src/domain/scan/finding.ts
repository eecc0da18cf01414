import type { Severity } from "./severity.ts";

/** What can be scanned for: credentials in the source, known vulnerabilities of the source's lockfiles and of the image. */
export const scanners = ["secrets", "dependencies", "image"] as const;

export type ScannerName = (typeof scanners)[number];

export interface FindingLocation {
  /** Relative with forward slashes: seen from the repository's root, or from the root of the image's file system. */
  readonly path: string;
  readonly line?: number;
}

export interface FoundPackage {
  readonly name: string;
  readonly version: string;
  readonly ecosystem: string;
  /** Versions that carry a fix; empty when the database knows none. */
  readonly fixedIn: readonly string[];
}

/** One thing a scanner has found, without the text of the secret where it is one. */
export interface Finding {
  /** Id of the vulnerability, or of the rule that matched. */
  readonly id: string;
  readonly aliases: readonly string[];
  readonly severity: Severity;
  /** CVSS base score, where one is stated. */
  readonly score?: number;
  readonly title: string;
  readonly package?: FoundPackage;
  readonly locations: readonly FindingLocation[];
}

/** What one scanner says about one target. */
export interface ScanReport {
  readonly scanner: ScannerName;
  readonly tool: string;
  readonly toolVersion: string;
  /** The folder, or the image by digest. */
  readonly target: string;
  readonly findings: readonly Finding[];
  /** What was looked at, for people: `24 packages`, `161 bytes`. */
  readonly examined: string;
  /** Why the report does not speak for the whole target; empty when it does. */
  readonly gaps: readonly string[];
  /** Findings left out because the line itself allows them. */
  readonly allowed: number;
}

/** One finding in a few words: `GHSA-xvch-5gv4-984h in minimist 1.2.5, fixed in 1.2.6` or `github-pat in src/config.js:2`. */
export function describeFinding(finding: Finding): string {
  if (finding.package !== undefined) {
    const { name, version, fixedIn } = finding.package;
    const fix = fixedIn.length === 0 ? "no fix known" : `fixed in ${fixedIn.join(" or ")}`;
    return `${finding.id} in ${name} ${version}, ${fix}`;
  }
  const first = finding.locations[0];
  if (first === undefined) return finding.id;
  return `${finding.id} in ${first.path}${first.line === undefined ? "" : `:${first.line}`}`;
}
