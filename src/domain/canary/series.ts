/** One scraped value of a counter. */
export interface Sample {
  readonly ms: number;
  readonly value: number;
}

/** A counter as a monitoring system stored it: raw samples, oldest first. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly Sample[];
}

/** The process that exposed a series. Its counters are read together and start again together. */
export function targetOf(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify([labels.job ?? "", labels.instance ?? "", labels.pod ?? ""]);
}

/** What tells one series from another. */
export function keyOf(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
