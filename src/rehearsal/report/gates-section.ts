import { formatMs } from "../../core/duration.ts";
import type { Evidence } from "../../domain/evidence/evidence.ts";
import type { FoundEvidence } from "../scenarios/scenario.ts";
import { escapeHtml, shortDigest } from "./escape-html.ts";

/** Every gate with its verdict, its reasons and the whole evidence to open. */
export function gatesSection(found: readonly FoundEvidence[]): string {
  const ordered = found.toSorted((a, b) => a.evidence.startedAt.localeCompare(b.evidence.startedAt));
  return ordered.map(gate).join("");
}

function gate({ artifact, evidence }: FoundEvidence): string {
  const took = formatMs(Date.parse(evidence.finishedAt) - Date.parse(evidence.startedAt));
  const mode = evidence.mode === undefined ? "" : ` · ${evidence.mode}`;
  const reasons = evidence.reasons.map((reason) => `<li>${escapeHtml(reason)}</li>`).join("");
  return `<details class="gate"><summary><span class="verdict ${evidence.verdict}">${evidence.verdict}</span>
<strong>${escapeHtml(evidence.action + mode)}</strong> <span class="muted">${escapeHtml(artifact)} · ${took}</span> ${digest(evidence)}${reasons === "" ? "" : `<ul>${reasons}</ul>`}</summary>
<pre>${escapeHtml(JSON.stringify(shortened(evidence), null, 2))}</pre></details>`;
}

function digest({ subject }: Evidence): string {
  return subject.digest === undefined ? "" : `<code>${shortDigest(subject.digest)}</code>`;
}

const longestText = 40_000;

/** The page stays light: what would be longer than a screen can show is named instead. */
function shortened(evidence: Evidence): unknown {
  const details = Object.entries(evidence.details).map(([name, value]) => {
    const length = JSON.stringify(value ?? null).length;
    return [name, length <= longestText ? value : `${length} characters, in the evidence file`];
  });
  return { ...evidence, details: Object.fromEntries(details) };
}
