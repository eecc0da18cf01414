/** From worst to mildest. `unknown` is what nobody has rated; it is not the same as harmless. */
export const severities = ["critical", "high", "medium", "low", "unknown"] as const;

export type Severity = (typeof severities)[number];

/** How many findings there are of each severity. */
export type SeverityCounts = Readonly<Record<Severity, number>>;

const words: ReadonlyMap<string, Severity> = new Map([
  ["critical", "critical"],
  ["high", "high"],
  ["important", "high"],
  ["moderate", "medium"],
  ["medium", "medium"],
  ["low", "low"],
  ["minor", "low"],
  ["negligible", "low"],
]);

/** The severity a database's own word stands for, `MODERATE` included. */
export function severityOfWord(word: string): Severity {
  return words.get(word.toLowerCase()) ?? "unknown";
}

/** The severity of a CVSS base score by the ranges of CVSS itself. Anything but a number from 0 to 10 is unknown. */
export function severityOfScore(score: number): Severity {
  if (score >= 9 && score <= 10) return "critical";
  if (score >= 7 && score < 9) return "high";
  if (score >= 4 && score < 7) return "medium";
  if (score >= 0 && score < 4) return "low";
  return "unknown";
}

/** The worst of what is known; unknown only when nothing is. */
export function worstOf(stated: readonly Severity[]): Severity {
  return severities.find((severity) => stated.includes(severity)) ?? "unknown";
}

export function countBySeverity(findings: readonly { readonly severity: Severity }[]): SeverityCounts {
  const counts = { critical: 0, high: 0, medium: 0, low: 0, unknown: 0 };
  for (const { severity } of findings) counts[severity] += 1;
  return counts;
}

/** The order in which findings are shown: the worst first. */
export function compareSeverity(a: Severity, b: Severity): number {
  return severities.indexOf(a) - severities.indexOf(b);
}
