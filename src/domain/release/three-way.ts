import { isRecord, type Json } from "../../core/json.ts";
import { quantityFactors } from "../capacity/quantity.ts";

/**
 * What a live value becomes when a manifest that set `last` is replaced by one that sets `next`: what the manifest
 * sets wins, what it used to set goes, and what others have added stays.
 */
export function threeWay(live: unknown, last: unknown, next: unknown): unknown {
  if (isNothing(next)) return isNothing(last) ? live : undefined;
  if (isRecord(next)) return isRecord(live) ? mergeRecords(live, isRecord(last) ? last : {}, next) : next;
  if (Array.isArray(next)) return Array.isArray(live) ? mergeLists(live, last, next) : next;
  return isSame(live, next) ? live : next;
}

type Fields = Readonly<Record<string, unknown>>;

function mergeRecords(live: Fields, last: Fields, next: Fields): Fields {
  const keys = [...new Set([...Object.keys(live), ...Object.keys(next)])];
  return Object.fromEntries(
    keys
      .map((key) => [key, threeWay(live[key], last[key], next[key])] as const)
      .filter(([, value]) => value !== undefined),
  );
}

// The fields by which the cluster itself tells the entries of such lists apart.
const mergeKeys = ["name", "containerPort", "port", "mountPath", "ip"] as const;

function mergeLists(live: readonly unknown[], last: unknown, next: readonly unknown[]): readonly unknown[] {
  const before = Array.isArray(last) ? last : [];
  const key = mergeKeys.find((one) => [...live, ...next].every((entry) => keyOf(entry, one) !== undefined));
  if (key === undefined || next.length === 0) {
    if (live.length !== next.length) return next;
    return next.map((entry, index) => threeWay(live[index], before[index], entry));
  }
  const find = (list: readonly unknown[], wanted: unknown) =>
    list.find((entry) => keyOf(entry, key) === wanted);
  const kept = live.filter((entry) => {
    const id = keyOf(entry, key);
    return find(next, id) === undefined && find(before, id) === undefined;
  });
  const ours = next.map((entry) => {
    const id = keyOf(entry, key);
    return threeWay(find(live, id), find(before, id), entry);
  });
  return [...ours, ...kept];
}

function keyOf(entry: unknown, key: string): unknown {
  return isRecord(entry) ? entry[key] : undefined;
}

// An empty mapping or text is what the cluster leaves out when it keeps the object.
function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  return isRecord(value) && Object.keys(value).length === 0;
}

function isSame(live: unknown, wanted: unknown): boolean {
  if (Object.is(live, wanted)) return true;
  if (isNothing(live) && (wanted === false || wanted === 0)) return true;
  if (live === undefined || live === null || isRecord(live)) return false;
  const [a, b] = [quantityOf(live as Json), quantityOf(wanted as Json)];
  if (a !== undefined && b !== undefined) return Math.abs(a - b) <= Math.abs(a) * 1e-9;
  return String(live) === String(wanted);
}

/** The number in a quantity such as `500m` or `1Gi`, of which the cluster keeps another spelling than the chart's. */
function quantityOf(value: Json): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return undefined;
  const [, digits, suffix = ""] = /^(-?\d+(?:\.\d+)?)([numkMGTP]|[KMGTP]i)?$/.exec(value) ?? [];
  return digits === undefined ? undefined : Number(digits) * (quantityFactors[suffix] ?? 1);
}
