import * as z from "zod/mini";
import { ConfigError } from "../../core/errors.ts";
import type { Json } from "../../core/json.ts";
import { fail, inconclusive, pass, reasonsOf, type Verdict } from "../../core/verdict.ts";
import type { Analysis } from "./analysis.ts";
import { isCounted, type Metric } from "./metric.ts";
import { restore, shorten } from "./plain-state.ts";
import type { RecordedEnding, RecordedLook, RecordedPoint, Recording } from "./recording.ts";
import { begunShape, type RecordingDocument, recordingShape } from "./recording-shape.ts";
import {
  growthsOfText,
  growthsToText,
  namesOf,
  pairOfText,
  pairToText,
  placeOfText,
  placeToText,
  pointOfText,
  pointToText,
} from "./recording-text.ts";

/** A ramp of 2.5 h with a look every 15 s and 20 histograms of 12 buckets takes less than a third of it. */
const mostCharacters = 16_000_000;

/** A recording as JSON. One that would make the evidence file too large is dropped, and says so. */
export function encodeRecording(recording: Recording): Json {
  const { settings, plan, metrics, begun, looks, ending } = recording;
  const strata = namesOf();
  const found = metrics.map((metric) => [metric.name, foundOf(metric, looks, strata)] as const);
  const curve = metrics.map(({ name }) => [
    name,
    looks.map(({ points }) => (points[name] === undefined ? "" : pointToText(points[name]))),
  ]);
  const problems = looks.flatMap(({ problem }, index) =>
    problem === undefined ? [] : [[String(index), problem] as const],
  );
  const document = {
    version: 1,
    settings: { ...settings },
    plan: plain(plan),
    metrics: plain(metrics),
    begun: shorten(begun),
    strata: strata.list,
    looks: looks.map(placeToText),
    problems: Object.fromEntries(problems),
    found: Object.fromEntries(found),
    curve: Object.fromEntries(curve),
    ending: endingToJson(ending),
  };
  const size = JSON.stringify(document).length;
  if (size <= mostCharacters) return document;
  return { dropped: `${looks.length} looks take ${size} characters, ${mostCharacters} are kept` };
}

function foundOf(metric: Metric, looks: readonly RecordedLook[], strata: ReturnType<typeof namesOf>) {
  const roles = namesOf();
  const lines = looks.map(({ found }) =>
    isCounted(metric)
      ? growthsToText(found.growths[metric.name] ?? [], { strata, roles })
      : pairToText(found.values[metric.name]),
  );
  return { roles: roles.list, looks: lines };
}

function endingToJson({ verdict, homeProblem, pValue }: RecordedEnding) {
  const home = homeProblem === undefined ? {} : { homeProblem };
  return { verdict: verdict.kind, reasons: reasonsOf(verdict), ...home, pValue };
}

/** Plain values alone, so that JSON loses nothing of them. */
function plain(value: object): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

/** Reads a recording. What is not one of this form is refused with the place. */
export function decodeRecording(document: unknown): Recording {
  const parsed = parse(recordingShape, document, "recording");
  const { settings, plan, ending } = parsed;
  const metrics = parsed.metrics as unknown as readonly Metric[];
  const home = ending.homeProblem === undefined ? {} : { homeProblem: ending.homeProblem };
  return {
    settings,
    plan,
    metrics,
    begun: parse(begunShape, restore(parsed.begun), "recording.begun") as unknown as Analysis,
    looks: looksOf(parsed, metrics),
    ending: { verdict: verdictOf(ending), ...home, pValue: ending.pValue },
  };
}

function parse<T>(shape: z.ZodMiniType<T>, document: unknown, place: string): T {
  const parsed = z.safeParse(shape, document);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  const path = [place, ...(first?.path ?? [])].map(String).join(".");
  throw new ConfigError(`${path} is missing or has another form`);
}

function looksOf(document: RecordingDocument, metrics: readonly Metric[]): readonly RecordedLook[] {
  const { looks, strata, problems } = document;
  for (const { name } of metrics) {
    const lines = [document.found[name]?.looks, document.curve[name]];
    if (lines.some((list) => list?.length !== looks.length))
      throw new ConfigError(
        `recording.found and recording.curve must have a line for each look of "${name}"`,
      );
  }
  return looks.map((line, index) => {
    const growths: Record<string, ReturnType<typeof growthsOfText>> = {};
    const values: Record<string, NonNullable<ReturnType<typeof pairOfText>>> = {};
    const points: Record<string, RecordedPoint> = {};
    const problem = problems[String(index)];
    for (const metric of metrics) {
      const { name } = metric;
      const { roles = [], looks: lines = [] } = document.found[name] ?? {};
      const found = lines[index] ?? "";
      const point = document.curve[name]?.[index] ?? "";
      if (point !== "") points[name] = pointOfText(point);
      if (problem !== undefined) continue;
      const pair = isCounted(metric) ? undefined : pairOfText(found);
      if (isCounted(metric)) growths[name] = growthsOfText(found, { strata, roles });
      else if (pair !== undefined) values[name] = pair;
    }
    const trouble = problem === undefined ? {} : { problem };
    return { ...placeOfText(line), ...trouble, found: { growths, values }, points };
  });
}

function verdictOf({ verdict, reasons }: RecordingDocument["ending"]): Verdict {
  const [first, ...more] = reasons;
  if (verdict === "pass") return pass;
  if (first === undefined) throw new ConfigError(`recording.ending.reasons must say why it was ${verdict}`);
  return verdict === "fail" ? fail(first, ...more) : inconclusive(first, ...more);
}
