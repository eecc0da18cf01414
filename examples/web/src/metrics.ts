/** Upper bounds of the latency histogram, in seconds. */
export const buckets = [0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2];

export interface Observation {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

/** Counts requests and writes them in Prometheus' text format. */
export interface Metrics {
  /** Shows a route's successes and failures as 0: a series that begins with its first error hides that error. */
  announce(route: Pick<Observation, "method" | "route">): void;
  observe(observation: Observation): void;
  text(): string;
}

interface Histogram {
  readonly counts: number[];
  sum: number;
  count: number;
}

export function createMetrics(common: Readonly<Record<string, string>>): Metrics {
  const requests = new Map<string, number>();
  const durations = new Map<string, Histogram>();
  const countedAs = ({ method, route, status }: Omit<Observation, "seconds">) =>
    labels({ ...common, method, route, status: String(status) });
  return {
    announce(route) {
      for (const status of [200, 500]) requests.set(countedAs({ ...route, status }), 0);
    },
    observe({ method, route, status, seconds }) {
      const counted = countedAs({ method, route, status });
      requests.set(counted, (requests.get(counted) ?? 0) + 1);
      const timed = labels({ ...common, method, route });
      const histogram = durations.get(timed) ?? { counts: buckets.map(() => 0), sum: 0, count: 0 };
      durations.set(timed, histogram);
      histogram.sum += seconds;
      histogram.count += 1;
      buckets.forEach((bound, index) => {
        if (seconds <= bound) histogram.counts[index] = (histogram.counts[index] ?? 0) + 1;
      });
    },
    text: () =>
      `${[...requestLines(requests), ...durationLines(durations), ...processLines(common)].join("\n")}\n`,
  };
}

function requestLines(requests: ReadonlyMap<string, number>): readonly string[] {
  return [
    "# HELP http_requests_total Business requests answered.",
    "# TYPE http_requests_total counter",
    ...[...requests].map(([of, count]) => `http_requests_total{${of}} ${count}`),
  ];
}

function durationLines(durations: ReadonlyMap<string, Histogram>): readonly string[] {
  const name = "http_request_duration_seconds";
  const series = [...durations].flatMap(([of, { counts, sum, count }]) => [
    ...buckets.map((bound, index) => `${name}_bucket{${of},le="${bound}"} ${counts[index] ?? 0}`),
    `${name}_bucket{${of},le="+Inf"} ${count}`,
    `${name}_sum{${of}} ${sum}`,
    `${name}_count{${of}} ${count}`,
  ]);
  return [
    `# HELP ${name} Time until a business request was answered.`,
    `# TYPE ${name} histogram`,
    ...series,
  ];
}

function processLines(common: Readonly<Record<string, string>>): readonly string[] {
  const { user, system } = process.cpuUsage();
  const of = labels(common);
  return [
    "# HELP process_resident_memory_bytes Resident memory.",
    "# TYPE process_resident_memory_bytes gauge",
    `process_resident_memory_bytes{${of}} ${process.memoryUsage.rss()}`,
    "# HELP process_cpu_seconds_total Processor time used.",
    "# TYPE process_cpu_seconds_total counter",
    `process_cpu_seconds_total{${of}} ${(user + system) / 1e6}`,
  ];
}

function labels(pairs: Readonly<Record<string, string>>): string {
  return Object.entries(pairs)
    .map(([name, value]) => `${name}="${value.replaceAll(/[\\"]/g, "\\$&").replaceAll("\n", "\\n")}"`)
    .join(",");
}
