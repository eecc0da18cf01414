/** One curve of a plot. A point without a value breaks it. */
export interface Curve {
  readonly name: string;
  /** A class of the drawing's style. */
  readonly look: "against" | "for" | "candidate" | "baseline" | "weight";
  readonly points: readonly (readonly [seconds: number, value: number])[];
  /** Keeps its value until the next point, as a weight does. */
  readonly isStep?: boolean;
}

export interface Plot {
  readonly title: string;
  readonly curves: readonly Curve[];
  readonly untilSeconds: number;
  /** Lowest and highest value shown; what lies outside is drawn at the edge. */
  readonly range: readonly [low: number, high: number];
  readonly unit: string;
  /** A horizontal line and what it means. */
  readonly bound?: { readonly value: number; readonly name: string };
}

/** Where a plot stands in the drawing, with its title above and its times below. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const left = 52;
const top = 20;
const bottom = 18;

/** Draws curves over seconds as a part of an SVG. */
export function plotAt(plot: Plot, place: Place): string {
  const [low, high] = plot.range;
  const inside = { width: place.width - left - 8, height: place.height - top - bottom };
  const x = (seconds: number) => place.x + left + (seconds / Math.max(1, plot.untilSeconds)) * inside.width;
  const y = (value: number) => {
    const shown = Math.min(high, Math.max(low, value));
    return place.y + top + (1 - (shown - low) / (high - low)) * inside.height;
  };
  const scales = { x, y };
  return [
    text(plot.title, { x: place.x + left, y: place.y + 12, look: "title" }),
    legend(plot.curves, place),
    ...[low, (low + high) / 2, high].map((value) => gridLine(plot, value, scales)),
    ...[0, 0.5, 1].map((part) => timeMark(plot.untilSeconds * part, part, scales, place)),
    boundLine(plot, scales),
    ...plot.curves.map((curve) => `<path class="curve ${curve.look}" d="${path(curve, scales)}"/>`),
  ].join("");
}

interface Scales {
  readonly x: (seconds: number) => number;
  readonly y: (value: number) => number;
}

function path({ points, isStep }: Curve, { x, y }: Scales): string {
  let isBroken = true;
  return points
    .map(([seconds, value]) => {
      if (!Number.isFinite(value)) {
        isBroken = true;
        return "";
      }
      const command = isBroken ? "M" : "L";
      const [h, v] = [x(seconds).toFixed(1), y(value).toFixed(1)];
      const drawn = isStep === true && !isBroken ? `H${h}V${v}` : `${command}${h} ${v}`;
      isBroken = false;
      return drawn;
    })
    .join("");
}

function gridLine({ untilSeconds, unit }: Plot, value: number, { x, y }: Scales): string {
  const at = y(value);
  const label = `${Number(value.toPrecision(3))}${unit}`;
  return `<path class="grid" d="M${x(0).toFixed(1)} ${at.toFixed(1)}H${x(untilSeconds).toFixed(1)}"/>${text(label, { x: x(0) - 6, y: at + 4, look: "tick", anchor: "end" })}`;
}

function timeMark(seconds: number, part: number, { x }: Scales, { y, height }: Place): string {
  const anchor = part === 0 ? "start" : part === 1 ? "end" : "middle";
  return text(shortTime(seconds), { x: x(seconds), y: y + height - 4, look: "tick", anchor });
}

function boundLine({ bound, untilSeconds }: Plot, { x, y }: Scales): string {
  if (bound === undefined) return "";
  const at = y(bound.value);
  const line = `<path class="bound" d="M${x(0).toFixed(1)} ${at.toFixed(1)}H${x(untilSeconds).toFixed(1)}"/>`;
  return line + text(bound.name, { x: x(untilSeconds), y: at - 4, look: "tick", anchor: "end" });
}

function legend(curves: readonly Curve[], { x, y, width }: Place): string {
  if (curves.length < 2) return "";
  const names = curves.map(({ name, look }) => `<tspan class="key ${look}">${escapeXml(name)}</tspan>`);
  return `<text class="tick" x="${x + width - 8}" y="${y + 12}" text-anchor="end">${names.join("  ")}</text>`;
}

interface TextPlace {
  readonly x: number;
  readonly y: number;
  readonly look: "title" | "tick" | "sentence" | "head";
  readonly anchor?: "start" | "middle" | "end";
}

export function text(words: string, { x, y, look, anchor = "start" }: TextPlace): string {
  return `<text class="${look}" x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${escapeXml(words)}</text>`;
}

function shortTime(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Number((seconds / 3600).toPrecision(3))} h`;
}

/** Text for a drawing: what comes from outside is never markup, and characters that XML does not know are left out. */
export function escapeXml(words: string): string {
  return (
    words
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go.
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "")
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
  );
}
