import { at, isRecord, type Json, listAt, numberAt, textAt } from "../../core/json.ts";
import type { Stratum } from "./counters.ts";
import type { Metric } from "./metric.ts";
import { restore, shorten } from "./plain-state.ts";
import { readSavedAnalysis, type SavedAnalysis } from "./saved-analysis.ts";

/** One step of a ramp, as it went. */
export interface Step {
  readonly weight: number;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly requests: number;
  /** What real answers said about the weight. */
  readonly confirmed: string;
  readonly ended: "advanced" | "passed" | "failed" | "inconclusive" | "broken";
  readonly extendedFor?: string;
}

/** A step that has its weight and is looked at. */
export interface HeldStep {
  readonly fromMs: number;
  /** When it was looked at last; absent before the first look. */
  readonly lookedMs?: number;
  /** Time that does not count: under a pause, or while nobody looked. */
  readonly uncountedMs: number;
  readonly isPaused: boolean;
  /** Looks in a row, up to the last, that showed nothing against the candidate. */
  readonly quietLooks: number;
  readonly confirmed: string;
  readonly extendedFor?: string;
  /** What the route said its weight was, which may be more or less than was asked for where shares are pods. */
  readonly routeWeight: number;
}

/** Where a ramp stands. */
export interface RampPosition {
  readonly startedMs: number;
  /** The planned step that is under way. */
  readonly index: number;
  readonly strata: readonly Stratum[];
  /** Absent while the weight of the step is being set. */
  readonly held?: HeldStep;
  /** The steps that are over. */
  readonly steps: readonly Step[];
}

/** What a ramp is told. A ramp that is told something else is another ramp. */
export interface RampTerms {
  readonly metrics: Json;
  readonly settings: Json;
  /** The digest of the candidate and the deploy that brought it. */
  readonly candidate: string;
}

/** A ramp under way as the cluster keeps it. */
export interface SavedRamp {
  readonly savedMs: number;
  /** Up to here the store was read. */
  readonly readUntilMs: number;
  readonly position: RampPosition;
  readonly analysis: SavedAnalysis;
}

const format = 1;

/** A ramp under way as one plain document. The analysis comes as `saveAnalysis` gives it. */
export function saveRamp(
  terms: RampTerms,
  { savedMs, readUntilMs, position, analysis }: Omit<SavedRamp, "analysis"> & { readonly analysis: Json },
): Json {
  return { format, terms: { ...terms }, savedMs, readUntilMs, position: shorten(position), analysis };
}

/** What the cluster says of the ramp that another step may have begun. */
export interface KeptRamp {
  readonly phase: string;
  readonly expiresMs: number;
  /** The digest of the candidate and the deploy that brought it. */
  readonly candidate: string;
  readonly ramp?: Json;
}

export type Resumption =
  | { readonly kind: "resume"; readonly saved: SavedRamp }
  /** `why` is absent where nothing was under way. */
  | { readonly kind: "anew"; readonly why?: string };

/** Whether a ramp goes on where another step left it. */
export function decideResume(
  { phase, expiresMs, ramp }: KeptRamp,
  {
    metrics,
    terms,
    nowMs,
  }: { readonly metrics: readonly Metric[]; readonly terms: RampTerms; readonly nowMs: number },
): Resumption {
  if (ramp === undefined || phase !== "ramping") return { kind: "anew" };
  if (ramp === null) return anew("its sums were too many to keep");
  if (numberAt(ramp, "format") !== format) return anew("it was kept by another version of this action");
  const changed = changedIn(at(ramp, "terms"), terms);
  if (changed !== undefined) return anew(changed);
  if (!(nowMs <= expiresMs))
    return anew(`its time was over at ${new Date(expiresMs).toISOString()}, and nobody looked since`);
  const analysis = readSavedAnalysis(metrics, at(ramp, "analysis"));
  const position = readPosition(restore(at(ramp, "position")));
  const savedMs = numberAt(ramp, "savedMs");
  const readUntilMs = numberAt(ramp, "readUntilMs");
  if (analysis === undefined || position === undefined || savedMs === undefined || readUntilMs === undefined)
    return anew("what was kept of it cannot be read");
  return { kind: "resume", saved: { savedMs, readUntilMs, position, analysis } };
}

function anew(why: string): Resumption {
  return { kind: "anew", why };
}

function changedIn(kept: unknown, terms: RampTerms): string | undefined {
  const isSame = (key: keyof RampTerms) => JSON.stringify(at(kept, key)) === JSON.stringify(terms[key]);
  if (!isSame("candidate")) return "the candidate was deployed anew since";
  if (!isSame("metrics")) return "its metrics have changed since";
  return isSame("settings") ? undefined : "its settings have changed since";
}

function readPosition(kept: unknown): RampPosition | undefined {
  const held = at(kept, "held");
  const isHeld =
    isRecord(held) &&
    ["fromMs", "uncountedMs", "quietLooks"].every((key) => Number.isFinite(numberAt(held, key))) &&
    numberAt(held, "routeWeight") !== undefined &&
    textAt(held, "confirmed") !== undefined;
  const strata = listAt(kept, "strata");
  const isWhole =
    Number.isInteger(numberAt(kept, "index")) &&
    Number.isFinite(numberAt(kept, "startedMs")) &&
    strata.every((one) => Number.isFinite(numberAt(one, "fromMs")) && textAt(one, "name") !== undefined) &&
    listAt(kept, "steps").every((one) => Number.isFinite(numberAt(one, "weight"))) &&
    (held === undefined || (isHeld && strata.length > 0));
  return isWhole ? (kept as RampPosition) : undefined;
}

interface GoingOn {
  readonly nowMs: number;
  readonly holdMs: number;
  /** Between two looks. */
  readonly intervalMs: number;
}

/**
 * A held step as another run goes on with it. The time in which nobody looked counts up to the time that was planned: what
 * a step gets beyond that is for the looks that it still misses.
 */
export function goOnWith(held: HeldStep, { nowMs, holdMs, intervalMs }: GoingOn): HeldStep {
  const seenMs = held.lookedMs ?? held.fromMs;
  const lostMs = Math.max(0, nowMs - seenMs);
  if (lostMs <= intervalMs && !held.isPaused) return held;
  const elapsedMs = seenMs - held.fromMs - held.uncountedMs;
  const countedMs = held.isPaused ? 0 : Math.min(lostMs, Math.max(0, holdMs - elapsedMs));
  return { ...held, isPaused: false, uncountedMs: held.uncountedMs + lostMs - countedMs };
}

/** The position of a ramp whose weight is not the one it left: what was counted since belongs to no weight. */
export function withoutHold({ held: _dropped, ...position }: RampPosition, untilMs: number): RampPosition {
  return { ...position, strata: closeStrata(position.strata, untilMs) };
}

/** From a moment on nothing more is counted for any share. */
export function closeStrata(strata: readonly Stratum[], untilMs: number): readonly Stratum[] {
  return strata.map((one) => (one.untilMs === undefined ? { ...one, untilMs } : one));
}
