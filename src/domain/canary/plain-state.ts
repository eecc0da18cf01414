import { isRecord, type Json } from "../../core/json.ts";

/**
 * Sums of an analysis as JSON, short enough for a ConfigMap: counts become `#bad total …`, pairs of values `=candidate
 * baseline`, and the numbers that JSON cannot say `~Infinity`. Nothing is rounded.
 */
export function shorten(value: unknown): Json {
  if (typeof value === "number") return Number.isFinite(value) ? value : `~${value}`;
  if (typeof value === "string") return marked.test(value) ? `'${value}` : value;
  if (typeof value === "boolean" || value === null) return value;
  if (Array.isArray(value)) return value.map(shorten);
  if (!isRecord(value)) throw new Error("A state holds plain values alone");
  const short = shortCounts(value) ?? shortPair(value);
  if (short !== undefined) return short;
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(entries.map(([key, one]) => [key, shorten(one)]));
}

/** What was shortened, as it was. */
export function restore(value: unknown): unknown {
  if (typeof value === "string") return restoreText(value);
  if (Array.isArray(value)) return value.map(restore);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, restore(one)]));
}

const marked = /^[#=~']/;

type Fields = Readonly<Record<string, unknown>>;

const arms = ["candidate", "baseline", "tolerated"] as const;

function shortCounts(value: Fields): string | undefined {
  const own = countsIn(value);
  if (own !== undefined) return `#${own}`;
  const keys = Object.keys(value);
  const known = arms.filter((arm) => arm in value);
  if (keys.length < 2 || keys.length !== known.length || !("candidate" in value && "baseline" in value))
    return undefined;
  const counts = known.map((arm) => countsIn(value[arm]));
  return counts.includes(undefined) ? undefined : `#${counts.join(" ")}`;
}

function countsIn(value: unknown): string | undefined {
  if (!isRecord(value) || Object.keys(value).length !== 2) return undefined;
  const { bad, total } = value;
  return typeof bad === "number" && typeof total === "number" ? `${bad} ${total}` : undefined;
}

function shortPair(value: Fields): string | undefined {
  const { candidate, baseline } = value;
  if (Object.keys(value).length !== 2 || typeof candidate !== "number" || typeof baseline !== "number")
    return undefined;
  return `=${candidate} ${baseline}`;
}

function restoreText(text: string): unknown {
  if (text.startsWith("'")) return text.slice(1);
  const numbers = text.slice(1).split(" ").map(Number);
  const [a = 0, b = 0] = numbers;
  if (text.startsWith("~")) return a;
  if (text.startsWith("=")) return { candidate: a, baseline: b };
  if (!text.startsWith("#")) return text;
  const pairs = arms.map((arm, index) => [
    arm,
    { bad: numbers[2 * index] ?? 0, total: numbers[2 * index + 1] ?? 0 },
  ]);
  return numbers.length === 2 ? { bad: a, total: b } : Object.fromEntries(pairs.slice(0, numbers.length / 2));
}
