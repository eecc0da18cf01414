import type { Series } from "./series.ts";

/** The mean over the series of the means of their new samples; undefined where none has one. */
export function valueSince(series: readonly Series[], sinceMs: number): number | undefined {
  const means = series.flatMap(({ samples }) => {
    const fresh = samples.filter(({ ms, value }) => ms > sinceMs && Number.isFinite(value));
    const sum = fresh.reduce((total, { value }) => total + value, 0);
    return fresh.length === 0 ? [] : [sum / fresh.length];
  });
  return means.length === 0 ? undefined : means.reduce((total, value) => total + value, 0) / means.length;
}

export function newestSampleMs(series: readonly Series[]): number {
  return Math.max(
    Number.NEGATIVE_INFINITY,
    ...series.map(({ samples }) => samples.at(-1)?.ms ?? Number.NEGATIVE_INFINITY),
  );
}
