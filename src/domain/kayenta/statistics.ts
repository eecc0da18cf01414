/** The mean, NaN of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The percentile of a sample by linear interpolation of order statistics: type 7 of Hyndman and Fan (1996). */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = ((sorted.length - 1) * percent) / 100;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (place - Math.floor(place)) * (above - below);
}

/** Mean of the candidate over mean of the baseline; NaN where either is 0, as a ratio of nothing says nothing. */
export function meanRatio(candidate: readonly number[], baseline: readonly number[]): number {
  const [above, below] = [mean(candidate), mean(baseline)];
  return above === 0 || below === 0 ? Number.NaN : above / below;
}

/** Common language effect size: the chance that a value of the candidate exceeds one of the baseline, ties halved. */
export function commonLanguageEffect(candidate: readonly number[], baseline: readonly number[]): number {
  const [m, n] = [candidate.length, baseline.length];
  const ranks = averageRanks([...candidate, ...baseline]);
  const sum = ranks.slice(0, m).reduce((total, rank) => total + rank, 0);
  return (2 * sum - m * (m + 1)) / (2 * m * n);
}

/** Ranks from 1 in the order given; equal values share the mean of their ranks, and NaN ranks highest. */
export function averageRanks(values: readonly number[]): readonly number[] {
  const order = values.map((_, index) => index).toSorted((a, b) => compare(values[a], values[b]));
  const ranks = new Array<number>(values.length);
  for (let first = 0; first < order.length; ) {
    let after = first + 1;
    while (after < order.length && compare(values[order[first] ?? 0], values[order[after] ?? 0]) === 0)
      after++;
    for (const index of order.slice(first, after)) ranks[index] = (first + 1 + after) / 2;
    first = after;
  }
  return ranks;
}

/** Sizes of the groups of equal ranks. */
export function tieSizes(ranks: readonly number[]): readonly number[] {
  return [...Map.groupBy(ranks, (rank) => rank).values()].map((group) => group.length);
}

function compare(a = Number.NaN, b = Number.NaN): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a === b ? 0 : a < b ? -1 : 1;
}
