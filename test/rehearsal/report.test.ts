import { expect, test } from "vitest";
import { escapeHtml } from "../../src/rehearsal/report/escape-html.ts";
import { jobGraph } from "../../src/rehearsal/report/job-graph.ts";
import { lineChart } from "../../src/rehearsal/report/line-chart.ts";
import type { JobResult } from "../../src/rehearsal/runner/events.ts";

test("escapeHtml() leaves no markup from outside", () => {
  expect(escapeHtml(`<script a="1">&`)).toBe("&lt;script a=&quot;1&quot;&gt;&amp;");
});

function job(path: string, needs: readonly string[], jobs: readonly JobResult[] = []): JobResult {
  const kind = jobs.length > 0 ? "call" : "steps";
  const at = new Date(0);
  return { path, needs, jobs, kind, result: "success", startedAt: at, endedAt: at } as unknown as JobResult;
}

test("jobGraph() replaces a call by its jobs and joins them to what the call needs", () => {
  const graph = jobGraph([
    job("build", [], [job("build/one", []), job("build/two", ["build/one"])]),
    job("deploy", ["build"]),
  ]);
  expect(graph.match(/class="job success"/g)).toHaveLength(3);
  expect(graph.match(/class="edge"/g)).toHaveLength(2);
  expect(graph).toContain("<title>build/two: success</title>");
});

test("lineChart() draws finite points only, and a step as a step", () => {
  const points = [
    [0, 5],
    [1, Number.NaN],
    [2, 15],
  ] as const;
  const frame = { title: "Weight", unit: " %", fromSeconds: 0, untilSeconds: 2 };
  const chart = lineChart({ ...frame, lines: [{ name: "weight", colour: "weight", isStep: true, points }] });
  expect(chart).toMatch(/class="line weight" d="M[\d.]+ [\d.]+H[\d.]+V[\d.]+"/);
  expect(chart).not.toContain("NaN");
});

test("lineChart() of nothing but zeros still has a scale", () => {
  const frame = { title: "Errors", unit: " %", fromSeconds: 0, untilSeconds: 1 };
  const points = [[0, 0] as const, [1, 0] as const];
  expect(lineChart({ ...frame, lines: [{ name: "a", colour: "stable", points }] })).not.toContain("NaN");
});
