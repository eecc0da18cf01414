import type { Series } from "../domain/canary/series.ts";
import type { ClockSkew, MetricsSource, TimeSpan } from "./prometheus.ts";

/** A smaller difference is none: two machines that keep their time differ by as much. */
const leastSkewMs = 500;
const mostUnanswered = 3;
/** From here on it is worth a sentence. */
const toldSkewMs = 2000;

/**
 * A store whose samples and windows are in our time. The store's clock decides when a sample was scraped; were it taken
 * for ours, what was counted before a change of weight would be taken for what came after it.
 */
export function alignedSource(source: MetricsSource): MetricsSource {
  let asked: Promise<ClockSkew | undefined> | undefined;
  let unanswered = 0;
  let remark: string | undefined;
  const aheadMs = async (signal?: AbortSignal): Promise<number> => {
    const asking = asked ?? source.clockSkew?.(signal) ?? Promise.resolve(undefined);
    asked = asking;
    const skew = await asking;
    // A store that was away for a moment is asked again, one that never tells is not asked for ever.
    if (skew === undefined && asked === asking && ++unanswered < mostUnanswered) asked = undefined;
    const ms = skew === undefined ? 0 : correctionMs(skew);
    if (Math.abs(ms) >= toldSkewMs) remark = describeSkew(ms);
    return ms;
  };
  return {
    ...source,
    samples: async (selector, span, signal) => {
      const ms = await aheadMs(signal);
      return shifted(await source.samples(selector, moved(span, ms), signal), -ms);
    },
    values: async (expression, atMs, signal) => {
      const ms = await aheadMs(signal);
      return shifted(await source.values(expression, atMs + ms, signal), -ms);
    },
    remarks: () => [...(remark === undefined ? [] : [remark]), ...(source.remarks?.() ?? [])],
  };
}

/** What lies within the uncertainty of the measurement, or is too little to matter, is not corrected. */
export function correctionMs({ aheadMs, uncertaintyMs }: ClockSkew): number {
  return Math.abs(aheadMs) > uncertaintyMs + leastSkewMs ? Math.round(aheadMs) : 0;
}

function describeSkew(ms: number): string {
  const seconds = (Math.abs(ms) / 1000).toFixed(1);
  const side = ms > 0 ? "ahead of" : "behind";
  return `The clock of Prometheus is ${seconds} s ${side} the runner's: windows end in its time`;
}

function moved({ startMs, endMs }: TimeSpan, ms: number): TimeSpan {
  return { startMs: startMs + ms, endMs: endMs + ms };
}

function shifted(series: readonly Series[], ms: number): readonly Series[] {
  if (ms === 0) return series;
  return series.map(({ labels, samples }) => ({
    labels,
    samples: samples.map((sample) => ({ ms: sample.ms + ms, value: sample.value })),
  }));
}
