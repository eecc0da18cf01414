import { isRecord, listAt, parseJson, textAt } from "../../core/json.ts";
import type { Finding, FindingLocation } from "./finding.ts";
import { severityOfScore, severityOfWord, worstOf } from "./severity.ts";

/** What osv-scanner has looked up: its findings, and how many packages of which ecosystem it has recognised. */
export interface OsvReport {
  readonly findings: readonly Finding[];
  readonly packages: Readonly<Record<string, number>>;
}

export interface OsvTarget {
  /** The path as people shall see it, or undefined for a package that is not to be judged. */
  readonly place: (path: string) => string | undefined;
}

/** Reads an osv-scanner report, or returns undefined when the text is not a whole one. */
export function parseOsvReport(text: string, target: OsvTarget): OsvReport | undefined {
  const document = parseJson(text);
  if (!isRecord(document) || !(Array.isArray(document.results) || document.results === null))
    return undefined;
  const findings = new Map<string, Finding>();
  const packages: Record<string, number> = {};
  for (const result of listAt(document, "results")) {
    const path = target.place(textAt(result, "source", "path") ?? "");
    if (path === undefined) continue;
    for (const entry of listAt(result, "packages")) {
      const ecosystem = textAt(entry, "package", "ecosystem") ?? "";
      packages[ecosystem] = (packages[ecosystem] ?? 0) + 1;
      for (const finding of findingsOf(entry, { path })) addFinding(findings, finding);
    }
  }
  return { findings: [...findings.values()], packages };
}

/** One vulnerability of one version of a package is one finding, wherever the package lies. */
function addFinding(findings: Map<string, Finding>, finding: Finding): void {
  const key = [finding.id, finding.package?.ecosystem, finding.package?.name, finding.package?.version].join(
    "|",
  );
  const known = findings.get(key);
  findings.set(
    key,
    known === undefined ? finding : { ...known, locations: [...known.locations, ...finding.locations] },
  );
}

/** osv-scanner groups records that are aliases of each other: one finding a group. */
function findingsOf(entry: unknown, location: FindingLocation): readonly Finding[] {
  const records = listAt(entry, "vulnerabilities");
  const name = textAt(entry, "package", "name") ?? "";
  const version = textAt(entry, "package", "version") ?? "";
  return listAt(entry, "groups").flatMap((group) => {
    const ids = listAt(group, "ids").filter((id) => typeof id === "string");
    const id = ids[0];
    if (id === undefined) return [];
    const own = records.filter((record) => ids.includes(textAt(record, "id") ?? ""));
    const score = Number.parseFloat(textAt(group, "max_severity") ?? "");
    const aliases = listAt(group, "aliases").filter((alias) => typeof alias === "string" && alias !== id);
    return {
      id,
      aliases: aliases as readonly string[],
      severity: severityOf(ids, own, score),
      ...(Number.isNaN(score) ? {} : { score }),
      title: textAt(own[0], "summary") ?? id,
      package: {
        name,
        version,
        ecosystem: textAt(entry, "package", "ecosystem") ?? "",
        fixedIn: [...new Set(own.flatMap((record) => nearestFixes(fixesOf(record, name), version)))],
      },
      locations: [location],
    };
  });
}

function severityOf(ids: readonly string[], records: readonly unknown[], score: number) {
  // Records of malicious packages carry no rating at all, and there is nothing worse to install.
  if (ids.some((id) => id.startsWith("MAL-"))) return "critical";
  const stated = records.map((record) =>
    severityOfWord(textAt(record, "database_specific", "severity") ?? ""),
  );
  return worstOf([severityOfScore(score), ...stated]);
}

function fixesOf(record: unknown, name: string): readonly string[] {
  return listAt(record, "affected")
    .filter((affected) => textAt(affected, "package", "name") === name)
    .flatMap((affected) => listAt(affected, "ranges"))
    .flatMap((range) => listAt(range, "events"))
    .map((event) => textAt(event, "fixed"))
    .filter((fixed) => fixed !== undefined);
}

/** A record lists the fix of every maintained line: the nearest one above is an upgrade, the others may be downgrades. */
function nearestFixes(fixes: readonly string[], version: string): readonly string[] {
  const above = fixes.filter((fix) => compareVersions(fix, version) > 0).toSorted(compareVersions);
  return above.length === 0 ? fixes : above.slice(0, 1);
}

/** By the numbers in them, which is what the versions of all ecosystems have in common. */
function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
