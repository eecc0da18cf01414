import { formatMs } from "../../core/duration.ts";
import type { RunResult } from "../runner/events.ts";
import { backtestSection } from "./backtest-section.ts";
import { canarySection } from "./canary-section.ts";
import { escapeHtml, shortDigest } from "./escape-html.ts";
import { gatesSection } from "./gates-section.ts";
import { jobGraph } from "./job-graph.ts";
import { style } from "./style.ts";
import { podSection, trafficSection } from "./traffic-section.ts";
import type { ReportInput } from "./write.ts";

/** The whole report as one page that needs nothing else. */
export function renderPage(input: ReportInput): string {
  const { scenario, outcome } = input;
  const analyses = outcome.evidence.filter(({ evidence }) => evidence.action === "canary-analyze");
  const canaries = analyses.filter(({ evidence }) => evidence.mode === "ramp" || evidence.mode === "analyze");
  const backtests = analyses.filter(({ evidence }) => evidence.mode === "backtest");
  const sections = [
    ...outcome.runs.map((run, index) =>
      section(runTitle(run, index, outcome.runs.length), jobGraph(run.jobs)),
    ),
    ...rolledBack(input),
    ...canaries.map(({ evidence }) =>
      section("The canary under real traffic", `<div class="charts">${canarySection(evidence)}</div>`),
    ),
    ...backtests.map(({ evidence }) =>
      section("What canaries would see at this traffic", backtestSection(evidence)),
    ),
    section("What production's users saw", trafficSection(outcome.traffic)),
    section("Pods", podSection(outcome.pods, input.record.startedAt)),
    section("Gates and their evidence", gatesSection(outcome.evidence)),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Rehearsal: ${escapeHtml(scenario.name)}</title><style>${style}</style></head>
<body><main>${head(input)}${sections.join("\n")}</main></body></html>
`;
}

function section(title: string, body: string): string {
  return `<section><h2>${escapeHtml(title)}</h2>${body}</section>`;
}

function runTitle(run: RunResult, index: number, count: number): string {
  const which = count > 1 ? `Run ${index + 1}` : "The run";
  return `${which}: ${run.conclusion} in ${formatMs(run.endedAt.getTime() - run.startedAt.getTime())}`;
}

function head({ scenario, outcome, differences, record }: ReportInput): string {
  const last = outcome.runs.at(-1);
  const databases = outcome.evidence.flatMap(({ evidence }) => databaseNames(evidence.details));
  const facts = [
    ["whole time", formatMs(record.endedAt.getTime() - record.startedAt.getTime())],
    ["digest before", shortDigest(outcome.stable.digest)],
    ["digest that answers", [...new Set(outcome.production.answeringDigests)].map(shortDigest).join(", ")],
    ["requests lost", `${outcome.traffic.lost} of ${outcome.traffic.total}`],
    ...(databases[0] === undefined ? [] : [["vulnerability database", databases[0]]]),
  ];
  const cells = facts.map(
    ([name, value]) => `<div><b>${escapeHtml(value ?? "")}</b><span>${escapeHtml(name ?? "")}</span></div>`,
  );
  const differing =
    differences.length === 0
      ? ""
      : `<div class="differs"><strong>Not as it should have ended:</strong><ul>${differences.map((one) => `<li>${escapeHtml(one)}</li>`).join("")}</ul></div>`;
  return `<h1>Rehearsal: ${escapeHtml(scenario.name)} <span class="verdict ${last?.conclusion ?? ""}">${last?.conclusion ?? ""}</span></h1>
<p class="muted">Broken on purpose: ${escapeHtml(scenario.breaks)}. Commit <code>${outcome.commit.slice(0, 12)}</code>, ${record.startedAt.toISOString()}.</p>
<div class="facts">${cells.join("")}</div>${differing}`;
}

/** The small recorded extract is named as such wherever its verdict is shown. */
function databaseNames(details: object): readonly string[] {
  const text = JSON.stringify(details);
  const name = /"database":\{[^{}]*"name":"([^"]+)"/.exec(text)?.[1];
  return name === undefined ? [] : [name];
}

function rolledBack({ outcome }: ReportInput): readonly string[] {
  const rollbacks = outcome.evidence.filter(({ evidence }) => evidence.action === "rollback");
  if (rollbacks.length === 0) return [];
  const rows = rollbacks.map(({ evidence }) => {
    const reason = evidence.details.reason ?? evidence.reasons[0] ?? "";
    const took = formatMs(Date.parse(evidence.finishedAt) - Date.parse(evidence.startedAt));
    return `<tr><td><span class="verdict ${evidence.verdict}">${evidence.verdict}</span></td><td>${escapeHtml(evidence.mode ?? "rollback")}</td><td>${escapeHtml(String(reason))}</td><td>${took}</td></tr>`;
  });
  return [
    section(
      "What was rolled back, and why",
      `<table><thead><tr><th>verdict</th><th>mode</th><th>why</th><th>took</th></tr></thead><tbody>${rows.join("")}</tbody></table>`,
    ),
  ];
}
