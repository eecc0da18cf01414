import { isRecord, numberAt, parseJson, textAt } from "../../core/json.ts";
import type { Finding } from "./finding.ts";

/** Severity of a credential in the source: gitleaks states none, and a usable credential is never a small matter. */
const secretSeverity = "high";

/**
 * The findings of a gitleaks report, or undefined when the text is not one, such as a truncated file.
 * The fields that may hold the secret itself are never read.
 */
export function parseGitleaksReport(text: string): readonly Finding[] | undefined {
  const document = parseJson(text);
  if (!Array.isArray(document)) return undefined;
  const findings = document.map(parseEntry);
  if (!findings.every((finding) => finding !== undefined)) return undefined;
  // gitleaks reads files side by side and reports them in any order.
  return findings.toSorted((a, b) => compareText(placeOf(a), placeOf(b)));
}

function parseEntry(entry: unknown): Finding | undefined {
  const id = textAt(entry, "RuleID");
  const file = textAt(entry, "File");
  if (!isRecord(entry) || id === undefined || file === undefined) return undefined;
  const line = numberAt(entry, "StartLine");
  return {
    id,
    aliases: [],
    severity: secretSeverity,
    title: textAt(entry, "Description") ?? id,
    locations: [{ path: file.replace(/^\.\//, ""), ...(line === undefined ? {} : { line }) }],
  };
}

function placeOf({ locations: [first] }: Finding): string {
  return `${first?.path ?? ""}:${String(first?.line ?? 0).padStart(9, "0")}`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/**
 * Bytes that gitleaks says it has read, from its log. It exits 0 with an empty report for a folder that is
 * missing, so this line alone tells nothing found from nothing read.
 */
export function scannedBytes(log: string): number | undefined {
  const found = /scanned ~(\d+) bytes/.exec(log)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Files that gitleaks has skipped because it could not read them. */
export function skippedFiles(log: string): readonly string[] {
  return log.split(/\r?\n/).filter((line) => /\bskipping\b.*\berror=/.test(line));
}
