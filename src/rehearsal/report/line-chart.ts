import { escapeHtml } from "./escape-html.ts";

export interface Line {
  readonly name: string;
  /** One of the page's colours: `stable`, `candidate`, `weight`, `error`, `limit`. */
  readonly colour: string;
  readonly points: readonly (readonly [seconds: number, value: number])[];
  /** Keeps a value until the next point, as a weight does. */
  readonly isStep?: boolean;
}

export interface Chart {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly Line[];
  readonly fromSeconds: number;
  readonly untilSeconds: number;
  /** A horizontal line with its name: what is allowed. */
  readonly limit?: { readonly value: number; readonly name: string };
}

const width = 720;
const height = 190;
const left = 52;
const right = 24;
const top = 14;
const bottom = 26;

/** Draws lines over seconds as one SVG with axes and a legend. */
export function lineChart(chart: Chart): string {
  const values = chart.lines.flatMap((line) => line.points.map(([, value]) => value)).filter(Number.isFinite);
  const highest = niceCeiling(Math.max(chart.limit?.value ?? 0, ...values, 0));
  const span = Math.max(1, chart.untilSeconds - chart.fromSeconds);
  const x = (seconds: number) => left + ((seconds - chart.fromSeconds) / span) * (width - left - right);
  const y = (value: number) => height - bottom - (value / highest) * (height - top - bottom);
  const lines = chart.lines
    .map((line) => `<path class="line ${line.colour}" d="${path(line, x, y)}"/>`)
    .join("");
  const limit = chart.limit === undefined ? "" : limitLine(chart.limit, y(chart.limit.value));
  return `<figure><figcaption>${escapeHtml(chart.title)}${legend(chart.lines)}</figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(chart.title)}">${axes(highest, chart, { x, y })}${limit}${lines}</svg></figure>`;
}

type Scale = (value: number) => number;

function path(line: Line, x: Scale, y: Scale): string {
  return line.points
    .filter(([, value]) => Number.isFinite(value))
    .map(([seconds, value], index) => {
      const at = `${x(seconds).toFixed(1)} ${y(value).toFixed(1)}`;
      if (index === 0) return `M${at}`;
      return line.isStep === true ? `H${x(seconds).toFixed(1)}V${y(value).toFixed(1)}` : `L${at}`;
    })
    .join("");
}

function axes(highest: number, chart: Chart, { x, y }: { x: Scale; y: Scale }): string {
  const rows = [0, 0.5, 1].map((part) => {
    const value = highest * part;
    const at = y(value).toFixed(1);
    return `<path class="grid" d="M${left} ${at}H${width - right}"/><text class="tick" x="${left - 6}" y="${Number(at) + 4}" text-anchor="end">${formatValue(value)}${chart.unit}</text>`;
  });
  const columns = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const seconds = chart.fromSeconds + (chart.untilSeconds - chart.fromSeconds) * part;
    return `<text class="tick" x="${x(seconds).toFixed(1)}" y="${height - 8}" text-anchor="middle">${Math.round(seconds)} s</text>`;
  });
  return rows.join("") + columns.join("");
}

function limitLine(limit: { value: number; name: string }, at: number): string {
  return `<path class="line limit" d="M${left} ${at.toFixed(1)}H${width - right}"/><text class="tick" x="${width - right}" y="${(at - 4).toFixed(1)}" text-anchor="end">${escapeHtml(limit.name)}</text>`;
}

function legend(lines: readonly Line[]): string {
  return lines.map((line) => `<span class="key ${line.colour}">${escapeHtml(line.name)}</span>`).join("");
}

function niceCeiling(value: number): number {
  if (!(value > 1e-9)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const steps = [1, 1.5, 2, 3, 4, 5, 7.5, 10];
  return (steps.find((step) => step * power >= value) ?? 10) * power;
}

function formatValue(value: number): string {
  if (value >= 100 || Number.isInteger(value)) return String(Math.round(value));
  return value.toPrecision(2);
}
