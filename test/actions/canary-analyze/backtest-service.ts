import type { Sample, Series } from "../../../src/domain/canary/series.ts";
import type { MetricsSource, TimeSpan } from "../../../src/platform/prometheus.ts";
import { seeded } from "../../domain/canary/random.ts";

export interface ServiceRule {
  readonly hours: number;
  readonly requestsPerSecond: number;
  readonly errorRate: number;
  /** Errors come so many at once. */
  readonly burst?: number;
  readonly scrapeMs?: number;
  /** A process that starts again every so many minutes. */
  readonly restartMinutes?: number;
}

export const endMs = 1_800_000_000_000;
export const bounds = [0.05, 0.1, 0.25, 0.5, 1];
/** Shares of the requests that end within each bound. */
const within = [0.4, 0.75, 0.95, 0.99, 0.998];

/** A service that nobody releases: its counters over some hours, as a store has them. */
export function recordedService(rule: ServiceRule) {
  const { hours, requestsPerSecond, errorRate, burst = 1, scrapeMs = 15_000, restartMinutes } = rule;
  const random = seeded(17);
  const rows: Record<string, Sample[]> = Object.fromEntries(
    ["total", "bad", ...bounds, "+Inf"].map((key) => [key, []]),
  );
  const counters: Record<string, number> = {};
  const add = (key: string, count: number) => {
    counters[key] = (counters[key] ?? 0) + count;
  };
  const startMs = endMs - hours * 3_600_000;
  for (let ms = startMs; ms <= endMs; ms += scrapeMs) {
    for (const [key, samples] of Object.entries(rows)) samples.push({ ms, value: counters[key] ?? 0 });
    const minutes = Math.round((ms - startMs) / 60_000);
    if (restartMinutes !== undefined && (ms - startMs) % 60_000 === 0 && minutes % restartMinutes === 0)
      for (const key of Object.keys(counters)) counters[key] = 0;
    const requests = random.binomial(Math.round((requestsPerSecond * scrapeMs) / 250), 0.25);
    add("total", requests);
    add("+Inf", requests);
    add("bad", Math.min(requests, burst * random.binomial(requests, errorRate / burst)));
    let [left, before] = [requests, 0];
    let done = 0;
    for (const [index, bound] of bounds.entries()) {
      const share = within[index] ?? 1;
      const here = random.binomial(left, (share - before) / (1 - before));
      [left, before, done] = [left - here, share, done + here];
      add(String(bound), done);
    }
  }
  const labels = { job: "web", instance: "a" };
  const series = (key: string, more: Series["labels"] = {}) => ({
    labels: { ...labels, ...more },
    samples: rows[key] ?? [],
  });
  const asked: TimeSpan[] = [];
  const source: MetricsSource = {
    values: () => Promise.reject(new Error("a backtest asks for no values")),
    samples: async (selector, span) => {
      asked.push(span);
      const found = selector.startsWith("nothing")
        ? []
        : selector.startsWith("duration")
          ? [...bounds.map(String), "+Inf"].map((le) => series(le, { le }))
          : [series(selector.includes("status") ? "bad" : "total")];
      return found.map((one) => ({
        ...one,
        samples: one.samples.filter(({ ms }) => ms > span.startMs && ms <= span.endMs),
      }));
    },
  };
  return { source, asked };
}
