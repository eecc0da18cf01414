import { addInterval, type Clustering, dispersionOf, noClustering } from "./dispersion.ts";
import type { LogSums } from "./log-evidence.ts";
import type { MetricBatch } from "./metric-batch.ts";
import type { StreamState } from "./stream.ts";

/** How the baseline's bad requests cluster, by stream. */
export type ClusteringByStream = Readonly<Record<string, Clustering>>;

type Streams = Readonly<Record<string, StreamState>>;

export function addIntervals(
  known: ClusteringByStream,
  intervals: readonly MetricBatch[],
): ClusteringByStream {
  const clustering: Record<string, Clustering> = { ...known };
  for (const { stratum, streams } of intervals) {
    for (const [name, { baseline }] of Object.entries(streams))
      clustering[name] = addInterval(clustering[name] ?? noClustering, stratum, baseline);
  }
  return clustering;
}

/** The streams with their log evidence divided by how much the baseline's bad requests cluster. */
export function tempered(streams: Streams, clustering: ClusteringByStream): Streams {
  const entries = Object.entries(streams).map(([name, state]) => {
    const index = dispersionOf(clustering[name] ?? noClustering);
    return [name, index === 1 ? state : times(state, 1 / index)] as const;
  });
  return Object.fromEntries(entries);
}

/** The streams as they were, had everything been seen so many times. */
export function repeated(streams: Streams, factor: number): Streams {
  return Object.fromEntries(Object.entries(streams).map(([name, state]) => [name, times(state, factor)]));
}

function times(state: StreamState, factor: number): StreamState {
  const grown = (sums: LogSums) => sums.map((sum) => sum * factor);
  const { worse, notWorse, over, under } = state;
  return {
    ...state,
    worse: grown(worse),
    notWorse: grown(notWorse),
    over: grown(over),
    under: grown(under),
  };
}
