import type { PodSample } from "../pod-watch.ts";
import type { TrafficReport } from "../traffic.ts";
import { escapeHtml } from "./escape-html.ts";
import { type Line, lineChart } from "./line-chart.ts";

/** What production's users saw: requests and 95th percentile per second, by track. */
export function trafficSection(traffic: TrafficReport): string {
  const tracks = [...new Set(traffic.series.map((one) => one.track))].toSorted().reverse();
  const line = (track: string, value: (one: TrafficReport["series"][number]) => number): Line => ({
    name: track,
    colour: track === "candidate" ? "candidate" : "stable",
    points: traffic.series
      .filter((one) => one.track === track)
      .map((one) => [one.second, value(one)] as const),
  });
  const frame = { fromSeconds: 0, untilSeconds: traffic.seconds };
  const rows = traffic.arms.map(
    (arm) =>
      `<tr><td>${escapeHtml(arm.track)}</td><td><code>${escapeHtml(arm.version.slice(0, 12))}</code></td><td>${arm.requests}</td><td>${arm.errors}</td><td>${arm.p50Ms.toFixed(0)}</td><td>${arm.p95Ms.toFixed(0)}</td><td>${arm.p99Ms.toFixed(0)}</td></tr>`,
  );
  return `<p>${traffic.total} requests in ${Math.round(traffic.seconds)} s, <strong>${traffic.lost} lost</strong>.</p>
<table><thead><tr><th>track</th><th>version</th><th>requests</th><th>errors</th><th>p50 ms</th><th>p95 ms</th><th>p99 ms</th></tr></thead><tbody>${rows.join("")}</tbody></table>
${lineChart({ ...frame, title: "Requests per second", unit: "", lines: tracks.map((track) => line(track, (one) => one.requests)) })}
${lineChart({ ...frame, title: "95th percentile", unit: " ms", lines: tracks.map((track) => line(track, (one) => one.p95Ms)) })}`;
}

/** Ready pods of both releases over time. */
export function podSection(pods: readonly PodSample[], begun: Date): string {
  const seconds = (sample: PodSample) => (sample.at.getTime() - begun.getTime()) / 1000;
  const releases = [...new Set(pods.flatMap((sample) => Object.keys(sample.ready)))].toSorted();
  const lines = releases.map(
    (release): Line => ({
      name: release,
      colour: release.endsWith("-candidate") ? "candidate" : "stable",
      isStep: true,
      points: pods.map((sample) => [seconds(sample), sample.ready[release] ?? 0] as const),
    }),
  );
  const untilSeconds = Math.max(1, ...pods.map(seconds));
  return lineChart({ title: "Ready pods in production", unit: "", lines, fromSeconds: 0, untilSeconds });
}
