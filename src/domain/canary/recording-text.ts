import { ConfigError } from "../../core/errors.ts";
import type { RecordedPoint } from "./recording.ts";
import type { Growth } from "./streams.ts";
import type { ValuePair } from "./valued.ts";

/**
 * Looks as short lines of numbers. A recording has one line for each look and metric: the evidence file is indented, and
 * would spend a line on every number. A number is written as JavaScript writes it, which reads back as the same one.
 */
const nothing = "-";

/** Names that stand in lines as numbers, in the order of their first use. */
export interface Names {
  indexOf(name: string): number;
  readonly list: readonly string[];
}

export function namesOf(): Names {
  const indexes = new Map<string, number>();
  const list: string[] = [];
  return {
    list,
    indexOf: (name) => {
      const known = indexes.get(name);
      if (known !== undefined) return known;
      indexes.set(name, list.length);
      list.push(name);
      return list.length - 1;
    },
  };
}

export interface Tables {
  readonly strata: Names;
  readonly roles: Names;
}

/** `stratum role candidate baseline role candidate baseline…`, one part for each stratum. */
export function growthsToText(growths: readonly Growth[], { strata, roles }: Tables): string {
  const parts = growths.map(({ stratum, candidate, baseline }) => {
    const names = [...new Set([...Object.keys(candidate), ...Object.keys(baseline)])];
    const counts = names.map((role) => [
      roles.indexOf(role),
      candidate[role] ?? nothing,
      baseline[role] ?? nothing,
    ]);
    return [strata.indexOf(stratum), ...counts.flat()].join(" ");
  });
  return parts.join(";");
}

interface Lists {
  readonly strata: readonly string[];
  readonly roles: readonly string[];
}

export function growthsOfText(text: string, { strata, roles }: Lists): readonly Growth[] {
  if (text === "") return [];
  return text.split(";").map((part) => {
    const [place, ...counts] = part.split(" ");
    if (counts.length % 3 !== 0) throw unreadable(text);
    const candidate: Record<string, number> = {};
    const baseline: Record<string, number> = {};
    for (let at = 0; at < counts.length; at += 3) {
      const role = nameAt(roles, counts[at], text);
      if (counts[at + 1] !== nothing) candidate[role] = numberOf(counts[at + 1], text);
      if (counts[at + 2] !== nothing) baseline[role] = numberOf(counts[at + 2], text);
    }
    return { stratum: nameAt(strata, place, text), candidate, baseline };
  });
}

/** `candidate baseline`; empty where the look did not ask. */
export function pairToText(pair: ValuePair | undefined): string {
  return pair === undefined ? "" : `${pair.candidate ?? nothing} ${pair.baseline ?? nothing}`;
}

export function pairOfText(text: string): ValuePair | undefined {
  if (text === "") return undefined;
  const [candidate, baseline, ...more] = text.split(" ");
  if (more.length > 0) throw unreadable(text);
  return { candidate: optional(candidate, text), baseline: optional(baseline, text) };
}

const kinds = ["passed", "failed", "open", "unusable"] as const;

/** `kind logFail logPassRatio logPassLimit p`. */
export function pointToText({ kind, logFail, logPassRatio, logPassLimit, pValue }: RecordedPoint): string {
  return [kind, logFail, logPassRatio, logPassLimit, pValue].join(" ");
}

export function pointOfText(text: string): RecordedPoint {
  const [word, ...numbers] = text.split(" ");
  const kind = kinds.find((one) => one === word);
  if (kind === undefined || numbers.length !== 4) throw unreadable(text);
  const [logFail = 0, logPassRatio = 0, logPassLimit = 0, pValue = 0] = numbers.map((one) =>
    numberOf(one, text),
  );
  return { kind, logFail, logPassRatio, logPassLimit, pValue };
}

/** `at weight elapsed age`. */
export function placeToText(place: LookPlace): string {
  const { atMs, weight, timing } = place;
  return [atMs, weight ?? nothing, timing?.elapsedMs ?? nothing, timing?.dataAgeMs ?? nothing].join(" ");
}

export interface LookPlace {
  readonly atMs: number;
  readonly weight?: number;
  readonly timing?: { readonly elapsedMs: number; readonly dataAgeMs: number };
}

export function placeOfText(text: string): LookPlace {
  const [at, weight, elapsed, age, ...more] = text.split(" ");
  if (age === undefined || more.length > 0) throw unreadable(text);
  return {
    atMs: numberOf(at, text),
    ...(weight === nothing ? {} : { weight: numberOf(weight, text) }),
    ...(elapsed === nothing
      ? {}
      : { timing: { elapsedMs: numberOf(elapsed, text), dataAgeMs: numberOf(age, text) } }),
  };
}

function optional(text: string | undefined, line: string): number | undefined {
  return text === nothing ? undefined : numberOf(text, line);
}

function numberOf(text: string | undefined, line: string): number {
  const value = text === undefined || text === "" ? Number.NaN : Number(text);
  if (Number.isNaN(value) && text !== "NaN") throw unreadable(line);
  return value;
}

function nameAt(names: readonly string[], index: string | undefined, line: string): string {
  const name = names[numberOf(index, line)];
  if (name === undefined) throw unreadable(line);
  return name;
}

function unreadable(line: string): ConfigError {
  return new ConfigError(`a line of the recording cannot be read: "${line.slice(0, 80)}"`);
}
