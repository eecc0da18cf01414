import { combine, fail, inconclusive, pass, type Verdict } from "../../core/verdict.ts";
import { describeFinding, type Finding, type ScanReport } from "./finding.ts";
import type { Severity } from "./severity.ts";

const shownInReason = 3;

/** Judges parsed findings. A scanner's exit code is never asked what was found; a report with a gap never passes. */
export function judgeScan(reports: readonly ScanReport[], failOn: readonly Severity[]): Verdict {
  return combine(
    reports.map((report) => judgeReport(report, failOn)),
    "no scanner has run",
  );
}

function judgeReport(report: ScanReport, failOn: readonly Severity[]): Verdict {
  const failed = failOn.flatMap((severity) => {
    const found = report.findings.filter((finding) => finding.severity === severity);
    return found.length === 0 ? [] : [fail(sentenceOf(report, severity, found))];
  });
  const gaps = report.gaps.map((gap) => inconclusive(`${report.scanner}: ${gap}`));
  return combine([pass, ...failed, ...gaps]);
}

function sentenceOf(report: ScanReport, severity: Severity, found: readonly Finding[]): string {
  const shown = found.slice(0, shownInReason).map(describeFinding).join("; ");
  const more = found.length - shownInReason;
  return `${report.scanner}: ${found.length} ${severity}, allowed 0: ${shown}${more > 0 ? `; and ${more} more` : ""}`;
}
