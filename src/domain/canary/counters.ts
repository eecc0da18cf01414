import { keyOf, type Sample, type Series, targetOf } from "./series.ts";

/** Series by the part they play: `bad` and `total`, or the bound of a bucket. */
export type Reading = Readonly<Record<string, readonly Series[]>>;

/** A span of time with one split of traffic. */
export interface Stratum {
  readonly name: string;
  readonly fromMs: number;
  readonly untilMs?: number;
}

interface TargetState {
  readonly scrapedMs: number;
  /** When its counters were last seen to start again. */
  readonly resetMs: number;
  readonly last: Readonly<Record<string, Sample>>;
}

/** How far each counter of an arm has been counted. Plain data, so that counting resumes. */
export interface CounterState {
  readonly roles: readonly string[];
  readonly targets: Readonly<Record<string, TargetState>>;
}

export const noCounters: CounterState = { roles: [], targets: {} };

export interface Window {
  readonly strata: readonly Stratum[];
  /** Later samples wait for the next look: of the newest scrape, a part may be missing. */
  readonly untilMs: number;
  /** Whether a process first seen here began with this rollout, so that its counters grew from 0. */
  readonly bornFromZero: boolean;
}

export interface Counted {
  readonly state: CounterState;
  /** Growth by stratum and role. A stratum without a scrape is absent: that is no data, not zero. */
  readonly increases: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** How much one counter grew between two scrapes. */
export interface Grown extends Sample {
  readonly role: string;
  readonly sinceMs: number;
}

/**
 * Counts how much raw counters grew since the last look, each series by itself. What grew between two scrapes of which
 * one lies outside every stratum belongs to no weight and is dropped.
 */
export function countGrowth(state: CounterState, reading: Reading, window: Window): Counted {
  const listed = listGrowth(state, reading, window);
  return {
    state: listed.state,
    increases: sumByStratum(listed.grown, listed.state.roles, window.strata),
  };
}

/** How much each counter grew from scrape to scrape since the last look. */
export function listGrowth(
  state: CounterState,
  reading: Reading,
  window: Pick<Window, "untilMs" | "bornFromZero">,
): { readonly state: CounterState; readonly grown: readonly Grown[] } {
  const byTarget = groupByTarget(reading, window.untilMs);
  const roles = new Set(state.roles);
  const targets: Record<string, TargetState> = { ...state.targets };
  const grown: Grown[] = [];
  for (const [target, entries] of byTarget) {
    for (const entry of entries) roles.add(entry.role);
    const counted = countTarget(targets[target], entries, window.bornFromZero);
    targets[target] = counted.state;
    for (const one of counted.grown) grown.push(one);
  }
  return { state: { roles: [...roles], targets }, grown };
}

/** When the newest sample that was counted was scraped. */
export function newestMs(state: CounterState): number {
  return Math.max(Number.NEGATIVE_INFINITY, ...Object.values(state.targets).map((one) => one.scrapedMs));
}

interface Entry {
  readonly role: string;
  readonly key: string;
  readonly samples: readonly Sample[];
}

function groupByTarget(reading: Reading, untilMs: number): ReadonlyMap<string, readonly Entry[]> {
  const entries = Object.entries(reading).flatMap(([role, list]) =>
    list.map((one) => ({
      role,
      key: `${role} ${keyOf(one.labels)}`,
      target: targetOf(one.labels),
      samples: readable(one.samples, untilMs),
    })),
  );
  return Map.groupBy(
    entries.filter((entry) => entry.samples.length > 0),
    (entry) => entry.target,
  );
}

/** Nearly always all of them: an hour of many series is not copied for a gap that is not there. */
function readable(samples: readonly Sample[], untilMs: number): readonly Sample[] {
  const isReadable = ({ ms, value }: Sample) => ms <= untilMs && Number.isFinite(value);
  return samples.every(isReadable) ? samples : samples.filter(isReadable);
}

function countTarget(
  known: TargetState | undefined,
  entries: readonly Entry[],
  bornFromZero: boolean,
): { readonly state: TargetState; readonly grown: readonly Grown[] } {
  const scrapes = scrapeTimes(entries);
  // All counters of a process start again together: thousands of series tell the same few moments.
  const resets = [...resetTimes(known, entries)];
  const last: Record<string, Sample> = { ...known?.last };
  const grown: Grown[] = [];
  for (const { role, key, samples } of entries) {
    for (const sample of samples) {
      const before = last[key];
      if (before !== undefined && sample.ms <= before.ms) continue;
      last[key] = sample;
      if (before === undefined) {
        const sinceMs = scrapeBefore(sample.ms, scrapes, known) ?? (bornFromZero ? sample.ms : undefined);
        if (sinceMs !== undefined) grown.push({ ...sample, role, sinceMs });
      } else {
        const value = growthOf(before, sample, resets);
        grown.push({ ms: sample.ms, value, role, sinceMs: before.ms });
      }
    }
  }
  const scrapedMs = Math.max(known?.scrapedMs ?? Number.NEGATIVE_INFINITY, scrapes.at(-1) ?? Number.NaN);
  return { state: { scrapedMs, resetMs: Math.max(...resets), last }, grown };
}

/** A counter that starts again may reach its old value before it is read; then only its neighbours show the restart. */
function growthOf(before: Sample, sample: Sample, resets: readonly number[]): number {
  const isReset = sample.value < before.value || resets.some((ms) => ms > before.ms && ms <= sample.ms);
  return isReset ? sample.value : sample.value - before.value;
}

function resetTimes(known: TargetState | undefined, entries: readonly Entry[]): ReadonlySet<number> {
  const times = new Set([known?.resetMs ?? Number.NEGATIVE_INFINITY]);
  for (const { key, samples } of entries) {
    let before = known?.last[key];
    for (const sample of samples) {
      if (before !== undefined && sample.ms <= before.ms) continue;
      if (sample.value < (before?.value ?? 0)) times.add(sample.ms);
      before = sample;
    }
  }
  return times;
}

function scrapeTimes(entries: readonly Entry[]): readonly number[] {
  const times = new Set<number>();
  for (const { samples } of entries) for (const { ms } of samples) times.add(ms);
  return [...times].toSorted((a, b) => a - b);
}

/** The scrape of this process before a moment: a series that was not in it has grown from 0 since. */
function scrapeBefore(
  ms: number,
  scrapes: readonly number[],
  known: TargetState | undefined,
): number | undefined {
  const here = scrapes.findLast((one) => one < ms);
  if (here !== undefined) return here;
  return known !== undefined && known.scrapedMs < ms ? known.scrapedMs : undefined;
}

function sumByStratum(grown: readonly Grown[], roles: readonly string[], strata: readonly Stratum[]) {
  const sums: Record<string, Record<string, number>> = {};
  for (const { role, value, ms, sinceMs } of grown) {
    const stratum = strata.find(
      ({ fromMs, untilMs = Number.POSITIVE_INFINITY }) => sinceMs >= fromMs && ms <= untilMs,
    );
    if (stratum === undefined) continue;
    sums[stratum.name] ??= Object.fromEntries(roles.map((one) => [one, 0]));
    const sum = sums[stratum.name];
    if (sum !== undefined) sum[role] = (sum[role] ?? 0) + value;
  }
  return sums;
}
