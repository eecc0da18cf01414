import { at, isRecord, type Json } from "../../core/json.ts";
import type { Analysis, ArmReadings, MetricProgress } from "./analysis.ts";
import { type CounterState, noCounters, type Reading } from "./counters.ts";
import { isCounted, type Metric } from "./metric.ts";
import { partition } from "./partition.ts";
import { restore, shorten } from "./plain-state.ts";
import { marksOf, type ReadMarks, recount } from "./read-marks.ts";

type Counted = Extract<MetricProgress, { readonly kind: "counted" }>;
type Marks = Readonly<Record<string, ReadMarks>>;

/** A counted metric without its counters' last values: these are in the store. */
interface SavedCounted extends Omit<Counted, "candidate" | "baseline"> {
  readonly read: { readonly candidate: Marks; readonly baseline: Marks };
}

type SavedProgress = SavedCounted | Exclude<MetricProgress, Counted>;

/** The sums of an analysis, with marks how far its counters were read. Its size is that of the sums, not of the series. */
export type SavedAnalysis = Readonly<Record<string, SavedProgress>>;

export function saveAnalysis(analysis: Analysis): Json {
  const saved = Object.entries(analysis).map(([name, progress]) => [name, saveProgress(progress)] as const);
  return shorten(Object.fromEntries(saved));
}

function saveProgress(progress: MetricProgress): SavedProgress {
  if (progress.kind === "valued") return progress;
  const { candidate, baseline, ...sums } = progress;
  return { ...sums, read: { candidate: marksIn(candidate), baseline: marksIn(baseline) } };
}

function marksIn(states: Readonly<Record<string, CounterState>>): Marks {
  return Object.fromEntries(Object.entries(states).map(([part, state]) => [part, marksOf(state)]));
}

/** Undefined where a text is no saved analysis of these metrics, as after a change by hand. */
export function readSavedAnalysis(metrics: readonly Metric[], text: unknown): SavedAnalysis | undefined {
  const saved = restore(text);
  const isWhole = metrics.every((metric) => {
    const progress = at(saved, metric.name);
    if (!isRecord(at(progress, "judged"))) return false;
    if (!isCounted(metric)) return at(progress, "kind") === "valued";
    const isRead = ["candidate", "baseline"].every((arm) => isRecord(at(progress, "read", arm)));
    return at(progress, "kind") === "counted" && isRead && isRecord(at(progress, "requests"));
  });
  return isWhole ? (saved as SavedAnalysis) : undefined;
}

/** From when on the store must be read again to find a metric's counters; Infinity where there is nothing to find. */
export function readAgainFrom(progress: SavedProgress | undefined): number {
  if (progress?.kind !== "counted") return Number.POSITIVE_INFINITY;
  const marks = [progress.read.candidate, progress.read.baseline].flatMap((one) => Object.values(one));
  return Math.min(Number.POSITIVE_INFINITY, ...marks.map(({ oldestMs }) => oldestMs));
}

/** The analysis as it was saved, before its counters are found again. */
export function withoutCounters(saved: SavedAnalysis): Analysis {
  const entries = Object.entries(saved).map(([name, progress]): readonly [string, MetricProgress] => {
    if (progress.kind === "valued") return [name, progress];
    const { read, ...sums } = progress;
    const empty = (marks: Marks) =>
      Object.fromEntries(Object.keys(marks).map((part) => [part, noCounters] as const));
    return [name, { ...sums, candidate: empty(read.candidate), baseline: empty(read.baseline) }];
  });
  return Object.fromEntries(entries);
}

interface ReadAgain {
  readonly saved: SavedAnalysis;
  readonly readings: Readonly<Record<string, ArmReadings>>;
}

/** The analysis with its counters as far as these readings show them. Readings come in order of time. */
export function findCounters(
  metrics: readonly Metric[],
  analysis: Analysis,
  { saved, readings }: ReadAgain,
): Analysis {
  const found = metrics.flatMap((metric) => {
    const [progress, was, reading] = [analysis[metric.name], saved[metric.name], readings[metric.name]];
    if (!isCounted(metric) || progress?.kind !== "counted" || was?.kind !== "counted") return [];
    if (reading === undefined) return [];
    const labels = metric.strata ?? [];
    const again = (arm: "candidate" | "baseline") =>
      recountParts(progress[arm], partition(reading[arm], labels), was.read[arm]);
    return [
      [metric.name, { ...progress, candidate: again("candidate"), baseline: again("baseline") }] as const,
    ];
  });
  return { ...analysis, ...Object.fromEntries(found) };
}

function recountParts(
  states: Readonly<Record<string, CounterState>>,
  readings: Readonly<Record<string, Reading>>,
  marks: Marks,
): Readonly<Record<string, CounterState>> {
  const parts = Object.entries(marks).map(([part, mark]) => {
    return [part, recount(states[part] ?? noCounters, readings[part] ?? {}, mark)] as const;
  });
  return Object.fromEntries(parts);
}
