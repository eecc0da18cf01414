/** Requests of one arm and how many of them were bad: an error, or slower than a bound. */
export interface Counts {
  readonly bad: number;
  readonly total: number;
}

/** What both arms did in the same time. */
export interface ArmCounts {
  readonly candidate: Counts;
  readonly baseline: Counts;
  /** What the baseline would have counted, were it as slow as is tolerated. Absent: what it did count. */
  readonly tolerated?: Counts;
}

export const noCounts: Counts = { bad: 0, total: 0 };
export const noArmCounts: ArmCounts = { candidate: noCounts, baseline: noCounts };

export function addCounts(a: Counts, b: Counts): Counts {
  return { bad: a.bad + b.bad, total: a.total + b.total };
}

export function addArmCounts(a: ArmCounts, b: ArmCounts): ArmCounts {
  const sum = { candidate: addCounts(a.candidate, b.candidate), baseline: addCounts(a.baseline, b.baseline) };
  if (a.tolerated === undefined && b.tolerated === undefined) return sum;
  return { ...sum, tolerated: addCounts(a.tolerated ?? a.baseline, b.tolerated ?? b.baseline) };
}

/** The counts by which a candidate is shown to be worse than tolerated. */
export function againstTolerated({ candidate, baseline, tolerated }: ArmCounts): ArmCounts {
  return { candidate, baseline: tolerated ?? baseline };
}

/** The share of bad requests, NaN without requests. */
export function shareOf(counts: Counts): number {
  return counts.total > 0 ? counts.bad / counts.total : Number.NaN;
}

/** Whether numbers can be counts of requests. NaN, infinities and more bad requests than requests cannot. */
export function arePlausible(counts: Counts): boolean {
  return counts.bad >= 0 && counts.total < Number.POSITIVE_INFINITY && counts.bad <= counts.total;
}
