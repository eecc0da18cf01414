import type { Classification } from "./classify.ts";

export interface ScoredMetric {
  readonly groups: readonly string[];
  readonly classification: Classification;
  readonly isCritical: boolean;
  readonly isMuted: boolean;
}

export interface Score {
  /** From 0 to 100, two decimals. */
  readonly summary: number;
  readonly groups: Readonly<Record<string, number>>;
}

/** Kayenta's weighted sum over groups. Weights are in percent; groups without one share what is left. */
export function scoreOf(all: readonly ScoredMetric[], weights: Readonly<Record<string, number>>): Score {
  const metrics = all.filter(({ isMuted }) => !isMuted);
  const names = [...new Set(metrics.flatMap(({ groups }) => groups))];
  const shares = names.map((name) => ({ name, share: shareOf(metrics.filter(isIn(name))) }));
  const groups = Object.fromEntries(shares.map(({ name, share }) => [name, share ?? 0]));
  if (mustFail(metrics)) return { summary: 0, groups };
  const given = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  const withoutWeight = names.filter((name) => weights[name] === undefined).length;
  const rest = withoutWeight === 0 ? 0 : (100 - given) / withoutWeight;
  const sum = shares.reduce(
    (total, { name, share }) => total + ((share ?? 100) * (weights[name] ?? rest)) / 100,
    0,
  );
  return { summary: Math.round(sum * 100) / 100, groups };
}

const isIn =
  (name: string) =>
  ({ groups }: ScoredMetric): boolean =>
    groups.includes(name);

/** The share of metrics that passed, in percent; undefined where none could be judged. */
function shareOf(metrics: readonly ScoredMetric[]): number | undefined {
  const judged = metrics.filter(({ classification: one }) => one !== "Nodata" && one !== "Error");
  const passed = judged.filter(({ classification }) => classification === "Pass");
  return judged.length === 0 ? undefined : (100 * passed.length) / judged.length;
}

function mustFail(metrics: readonly ScoredMetric[]): boolean {
  if (metrics.some(({ isCritical, classification }) => isCritical && classification !== "Pass")) return true;
  const empty = metrics.filter(({ classification }) => classification === "Nodata").length;
  return metrics.length === 0 || (100 * empty) / metrics.length >= 50;
}

/** What a score means. Both thresholds are inclusive. */
export function labelOf(
  score: number,
  thresholds: { readonly pass: number; readonly marginal: number },
): "Pass" | "Marginal" | "Fail" {
  if (score >= thresholds.pass) return "Pass";
  return score >= thresholds.marginal ? "Marginal" : "Fail";
}
