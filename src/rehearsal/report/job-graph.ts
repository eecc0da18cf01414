import { formatMs } from "../../core/duration.ts";
import type { JobResult } from "../runner/events.ts";
import { escapeHtml } from "./escape-html.ts";

interface Box {
  readonly job: JobResult;
  readonly before: readonly string[];
  column: number;
  row: number;
}

const boxWidth = 112;
const boxHeight = 60;
const gapX = 18;
const gapY = 14;

/** The jobs with their times as boxes, left to right as they needed each other; calls are replaced by what they called. */
export function jobGraph(jobs: readonly JobResult[]): string {
  const boxes = placeBoxes(jobs);
  const columns = Math.max(...boxes.map((box) => box.column)) + 1;
  const rows = Math.max(...boxes.map((box) => box.row)) + 1;
  const size = `0 0 ${columns * (boxWidth + gapX) - gapX + 4} ${rows * (boxHeight + gapY) - gapY + 4}`;
  const byPath = new Map(boxes.map((box) => [box.job.path, box]));
  const edges = boxes.flatMap((box) =>
    box.before
      .map((path) => byPath.get(path))
      .flatMap((from) => (from === undefined ? [] : [edge(from, box)])),
  );
  return `<svg class="graph" viewBox="${size}" role="img" aria-label="Jobs of the run">${edges.join("")}${boxes.map(drawBox).join("")}</svg>`;
}

function placeBoxes(jobs: readonly JobResult[]): readonly Box[] {
  const boxes = collect(jobs, []);
  const byPath = new Map(boxes.map((box) => [box.job.path, box]));
  const columnOf = (box: Box): number =>
    Math.max(0, ...box.before.map((path) => 1 + (byPath.has(path) ? columnOf(byPath.get(path) as Box) : -1)));
  const filled = new Map<number, number>();
  for (const box of boxes) {
    box.column = columnOf(box);
    box.row = filled.get(box.column) ?? 0;
    filled.set(box.column, box.row + 1);
  }
  return boxes;
}

/** A job of a call needs what the call needs; what needs a call needs the last jobs of it. */
function collect(jobs: readonly JobResult[], outer: readonly string[]): readonly Box[] {
  const ends = new Map(jobs.map((job) => [job.path, lastPaths(job)]));
  const prefix = (job: JobResult) => job.path.slice(0, job.path.lastIndexOf("/") + 1);
  return jobs.flatMap((job): readonly Box[] => {
    const needs = job.needs.flatMap((id) => ends.get(id) ?? ends.get(prefix(job) + id) ?? []);
    const before = needs.length > 0 ? needs : outer;
    return job.kind === "call" ? collect(job.jobs, before) : [{ job, before, column: 0, row: 0 }];
  });
}

function lastPaths(job: JobResult): readonly string[] {
  if (job.kind === "steps") return [job.path];
  const needed = new Set(job.jobs.flatMap((inner) => inner.needs));
  const isNeeded = (inner: JobResult) =>
    needed.has(inner.path) || needed.has(inner.path.split("/").at(-1) ?? "");
  return job.jobs.filter((inner) => !isNeeded(inner)).flatMap(lastPaths);
}

function edge(from: Box, to: Box): string {
  const [x1, y1] = [
    from.column * (boxWidth + gapX) + boxWidth + 2,
    from.row * (boxHeight + gapY) + boxHeight / 2 + 2,
  ];
  const [x2, y2] = [to.column * (boxWidth + gapX) + 2, to.row * (boxHeight + gapY) + boxHeight / 2 + 2];
  const middle = x2 - gapX / 2;
  return `<path class="edge" d="M${x1} ${y1}H${middle}V${y2}H${x2}"/>`;
}

function drawBox({ job, column, row }: Box): string {
  const [x, y] = [column * (boxWidth + gapX) + 2, row * (boxHeight + gapY) + 2];
  const [group = "", name = group] = job.path.split("/").slice(-2);
  const time =
    job.result === "skipped" ? "skipped" : formatMs(job.endedAt.getTime() - job.startedAt.getTime());
  const where = job.environment === undefined ? "" : ` in ${job.environment}`;
  const title = escapeHtml(`${job.path}${where}: ${job.result}`);
  const lines = [
    `<text class="small" x="${x + 10}" y="${y + 18}">${escapeHtml(group)}</text>`,
    `<text x="${x + 10}" y="${y + 35}">${escapeHtml(name)}</text>`,
    `<text class="small" x="${x + 10}" y="${y + 51}">${escapeHtml(time)}</text>`,
  ];
  return `<g class="job ${job.result}"><title>${title}</title><rect x="${x}" y="${y}" width="${boxWidth}" height="${boxHeight}" rx="7"/>${lines.join("")}</g>`;
}
