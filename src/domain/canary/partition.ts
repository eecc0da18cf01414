import type { Reading } from "./counters.ts";

/** The readings of one metric by the values of labels that must not be pooled; one part, named "", without such labels. */
export function partition(reading: Reading, labels: readonly string[]): Readonly<Record<string, Reading>> {
  if (labels.length === 0) return { "": reading };
  const parts: Record<string, Record<string, Reading[string]>> = {};
  for (const [role, list] of Object.entries(reading)) {
    const byPart = Map.groupBy(list, (series) =>
      labels.map((label) => `${label}=${series.labels[label] ?? ""}`).join(","),
    );
    for (const [part, series] of byPart) parts[part] = { ...parts[part], [role]: series };
  }
  return parts;
}

/** The name of a stratum: the share of traffic, and the part of it where there are several. */
export function stratumOf(weight: string, part: string): string {
  return part === "" ? weight : `${weight} ${part}`;
}

/** Whether a stratum belongs to a share of traffic, whatever its part. */
export function isOfWeight(stratum: string, weight: string): boolean {
  return stratum === weight || stratum.startsWith(`${weight} `);
}
