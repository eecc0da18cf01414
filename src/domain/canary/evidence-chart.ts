import type { MetricJudgement } from "./judgement.ts";
import type { PastLook } from "./outlook.ts";
import { type Curve, type Plot, plotAt, text } from "./plot.ts";

export interface ChartOf {
  readonly title: string;
  readonly startedMs: number;
  readonly looks: readonly PastLook[];
  /** Log evidence from which on a metric passes: log of 1/beta. */
  readonly passesAt: number;
}

const width = 1080;
const half = width / 2;
const head = 44;
const rowHeight = 214;
const weightHeight = 130;
const lineChars = 150;

/**
 * An SVG of the whole canary: the candidate's weight, and for each metric its sentence, the evidence as a part of what
 * decides, and what both versions did. It holds no script and reads nothing from elsewhere.
 */
export function evidenceChart({ title, startedMs, looks, passesAt }: ChartOf): string {
  const shown = thinned(looks);
  const secondsOf = (look: PastLook) => (look.atMs - startedMs) / 1000;
  const untilSeconds = Math.max(1, ...shown.map(secondsOf));
  const hasWeight = shown.some(({ weight }) => weight !== undefined);
  const rowsFrom = head + (hasWeight ? weightHeight : 0);
  const names = [...new Set(shown.flatMap(({ judgements }) => judgements.map(({ name }) => name)))];
  const height = rowsFrom + names.length * rowHeight + 12;
  const rows = names.map((name, index) => {
    const points = shown.flatMap((look): readonly MetricPoint[] => {
      const judgement = look.judgements.find((one) => one.name === name);
      return judgement === undefined ? [] : [{ seconds: secondsOf(look), judgement }];
    });
    return rowOf(points, { y: rowsFrom + index * rowHeight, untilSeconds, passesAt });
  });
  const weight = hasWeight
    ? plotAt(weightPlot(shown, secondsOf, untilSeconds), { x: 0, y: head, width, height: weightHeight - 10 })
    : "";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<style>${style}</style><rect class="paper" width="${width}" height="${height}"/>`,
    text(title, { x: 16, y: 26, look: "head" }),
    weight,
    ...rows,
    "</svg>\n",
  ].join("\n");
}

interface MetricPoint {
  readonly seconds: number;
  readonly judgement: MetricJudgement;
}

interface Row {
  readonly y: number;
  readonly untilSeconds: number;
  readonly passesAt: number;
}

function rowOf(points: readonly MetricPoint[], { y, untilSeconds, passesAt }: Row): string {
  const last = points.at(-1)?.judgement;
  if (last === undefined) return "";
  const lines = wrapped(`${last.kind}: ${last.sentence}`);
  const sentences = lines.map((line, index) =>
    text(line, { x: 16, y: y + 16 + 16 * index, look: "sentence" }),
  );
  const place = { y: y + 44, width: half, height: rowHeight - 54 };
  const evidence = plotAt(evidencePlot(points, passesAt, untilSeconds), { ...place, x: 0 });
  const seen = plotAt(seenPlot(points, untilSeconds), { ...place, x: half });
  return [...sentences, evidence, seen].join("");
}

/** Evidence on both sides, each as a part of what decides. Below nothing at all there is nothing to read. */
function evidencePlot(points: readonly MetricPoint[], passesAt: number, untilSeconds: number): Plot {
  const part = (log: number, bound: number) =>
    log === Number.POSITIVE_INFINITY ? 150 : Math.max(0, (100 * log) / bound);
  const curve = (look: "against" | "for", of: (judgement: MetricJudgement) => number): Curve => ({
    name: look === "against" ? "against the candidate" : "for it",
    look,
    points: points.map(({ seconds, judgement }) => [seconds, of(judgement)]),
  });
  return {
    title: "Evidence, part of what decides",
    curves: [
      curve("against", ({ logFail, logFailsAt }) => part(logFail, logFailsAt)),
      curve("for", ({ logPassRatio, logPassLimit }) => part(Math.max(logPassRatio, logPassLimit), passesAt)),
    ],
    untilSeconds,
    range: [0, 150],
    unit: " %",
    bound: { value: 100, name: "decides" },
  };
}

function isOfValues({ stream }: MetricJudgement): boolean {
  return stream === "gauge" || stream === "value";
}

/** Of counted requests the share of bad ones so far, of values the means so far. */
function seenPlot(points: readonly MetricPoint[], untilSeconds: number): Plot {
  const isCounted = points.every(({ judgement }) => !isOfValues(judgement));
  const shownOf = ({ counts, values }: MetricJudgement, arm: "candidate" | "baseline") =>
    values === undefined ? (100 * counts[arm].bad) / counts[arm].total : values[arm];
  const curves = (["baseline", "candidate"] as const).map((arm): Curve => {
    const all = points.map(({ seconds, judgement }) => [seconds, shownOf(judgement, arm)] as const);
    return { name: arm, look: arm, points: all };
  });
  const values = curves
    .flatMap(({ points: all }) => all.map(([, value]) => value))
    .filter((value) => Number.isFinite(value));
  const low = Math.min(0, ...values);
  const high = Math.max(low + 1e-6, ...values);
  return {
    title: isCounted ? "Bad requests so far" : "Means so far",
    curves,
    untilSeconds,
    range: [low, low + 1.1 * (high - low)],
    unit: isCounted ? " %" : "",
  };
}

function weightPlot(
  looks: readonly PastLook[],
  secondsOf: (look: PastLook) => number,
  untilSeconds: number,
): Plot {
  const points = looks.map((look) => [secondsOf(look), look.weight ?? 0] as const);
  const curve: Curve = { name: "weight", look: "weight", points, isStep: true };
  return { title: "Weight of the candidate", curves: [curve], untilSeconds, range: [0, 100], unit: " %" };
}

const mostPoints = 400;

/** Of very many looks as many as a drawing can show, with the first and the last. */
function thinned(looks: readonly PastLook[]): readonly PastLook[] {
  const every = Math.ceil(looks.length / mostPoints);
  return looks.filter((_, index) => index % every === 0 || index === looks.length - 1);
}

/** Two lines at most: the sentence stands whole in the evidence. */
function wrapped(sentence: string): readonly string[] {
  if (sentence.length <= lineChars) return [sentence];
  const cut = sentence.lastIndexOf(" ", lineChars);
  const at = cut > 0 ? cut : lineChars;
  const rest = sentence.slice(at).trim();
  return [sentence.slice(0, at), rest.length > lineChars ? `${rest.slice(0, lineChars - 1)}…` : rest];
}

const style = `
svg{color-scheme:light dark;font:13px system-ui,sans-serif}
.paper{fill:#fff}text{fill:#1f2328}.head{font-size:17px;font-weight:600}.title{font-weight:600}.tick{fill:#59636e;font-size:11.5px}
.sentence{font-weight:600}.grid{stroke:#d1d9e0;stroke-width:.7}.bound{stroke:#59636e;stroke-dasharray:5 4}
.curve{fill:none;stroke-width:1.8;stroke-linejoin:round}.key{font-weight:600}
.curve.against{stroke:#cf222e}.key.against{fill:#cf222e}.curve.for{stroke:#1a7f37}.key.for{fill:#1a7f37}
.curve.baseline{stroke:#0969da}.key.baseline{fill:#0969da}.curve.candidate{stroke:#bc4c00}.key.candidate{fill:#bc4c00}.curve.weight{stroke:#8250df}
@media (prefers-color-scheme:dark){.paper{fill:#0d1117}text{fill:#f0f6fc}.tick{fill:#9198a1}.grid{stroke:#3d444d}.bound{stroke:#9198a1}
.curve.against{stroke:#f85149}.key.against{fill:#f85149}.curve.for{stroke:#3fb950}.key.for{fill:#3fb950}
.curve.baseline{stroke:#4493f8}.key.baseline{fill:#4493f8}.curve.candidate{stroke:#db6d28}.key.candidate{fill:#db6d28}.curve.weight{stroke:#ab7df8}}
`;
