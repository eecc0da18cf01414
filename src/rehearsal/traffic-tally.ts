/** Responses of one version under one track. */
export interface ArmReport {
  readonly version: string;
  readonly track: string;
  readonly requests: number;
  /** Answers of the application itself with status 500 or above. */
  readonly errors: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** One second of one arm, for the curves of the report. */
export interface SecondReport {
  /** Seconds since the traffic began. */
  readonly second: number;
  readonly version: string;
  readonly track: string;
  readonly requests: number;
  readonly errors: number;
  readonly p95Ms: number;
}

export interface TrafficReport {
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly total: number;
  /** No answer, or one that names no track: the application never saw the request. */
  readonly lost: number;
  readonly errors: number;
  /** Not sent, because every connection was waiting for an answer. */
  readonly skipped: number;
  readonly lostBy: Readonly<Record<string, number>>;
  /** Seconds since the beginning in which a request was lost, with how many. */
  readonly lostAt: Readonly<Record<string, number>>;
  readonly arms: readonly ArmReport[];
  readonly series: readonly SecondReport[];
}

export interface Answered {
  readonly version: string;
  readonly track: string;
  readonly status: number;
  readonly milliseconds: number;
}

interface Counts {
  readonly version: string;
  readonly track: string;
  requests: number;
  errors: number;
  readonly statuses: Map<number, number>;
  readonly histogram: Histogram;
}

const longestSeries = 7200;

/** Counts answers as they come. Memory grows with seconds and versions, not with requests. */
export class Tally {
  readonly #startedAt: number;
  readonly #arms = new Map<string, Counts>();
  readonly #seconds: Map<string, Counts>[] = [];
  readonly #lostBy = new Map<string, number>();
  readonly #lostAt = new Map<string, number>();
  #lost = 0;
  #skipped = 0;

  constructor(startedAt: number) {
    this.#startedAt = startedAt;
  }

  answered(answer: Answered, now: number): void {
    const second = this.#secondOf(now);
    this.#seconds[second] ??= new Map();
    for (const counts of [this.#arms, this.#seconds[second]]) count(countsIn(counts, answer), answer);
  }

  lost(why: string, now: number): void {
    this.#lost++;
    increase(this.#lostBy, why);
    increase(this.#lostAt, String(this.#secondOf(now)));
  }

  skipped(requests: number): void {
    this.#skipped += requests;
  }

  report(now: number): TrafficReport {
    const arms = [...this.#arms.values()].map(armReport);
    const answered = arms.reduce((sum, arm) => sum + arm.requests, 0);
    return {
      startedAt: new Date(this.#startedAt).toISOString(),
      seconds: (now - this.#startedAt) / 1000,
      total: answered + this.#lost,
      lost: this.#lost,
      errors: arms.reduce((sum, arm) => sum + arm.errors, 0),
      skipped: this.#skipped,
      lostBy: Object.fromEntries(this.#lostBy),
      lostAt: Object.fromEntries(this.#lostAt),
      arms,
      series: this.#seconds.flatMap((arms, second) =>
        [...arms.values()].map((one) => secondReport(second, one)),
      ),
    };
  }

  #secondOf(now: number): number {
    return Math.min(longestSeries, Math.max(0, Math.floor((now - this.#startedAt) / 1000)));
  }
}

function countsIn(all: Map<string, Counts>, { version, track }: Answered): Counts {
  const key = `${track} ${version}`;
  const found = all.get(key);
  if (found !== undefined) return found;
  const made = { version, track, requests: 0, errors: 0, statuses: new Map(), histogram: new Histogram() };
  all.set(key, made);
  return made;
}

function count(counts: Counts, { status, milliseconds }: Answered): void {
  counts.requests++;
  if (status >= 500) counts.errors++;
  increase(counts.statuses, status);
  counts.histogram.add(milliseconds);
}

function increase<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function armReport({ version, track, requests, errors, statuses, histogram }: Counts): ArmReport {
  return {
    version,
    track,
    requests,
    errors,
    statuses: Object.fromEntries(statuses),
    p50Ms: histogram.quantile(0.5),
    p95Ms: histogram.quantile(0.95),
    p99Ms: histogram.quantile(0.99),
    maxMs: histogram.quantile(1),
  };
}

function secondReport(second: number, { version, track, requests, errors, histogram }: Counts): SecondReport {
  return { second, version, track, requests, errors, p95Ms: histogram.quantile(0.95) };
}

const growth = 1.05;
const leastMs = 0.1;

/** Latencies in buckets that grow by 5 %: every quantile is right to that. */
export class Histogram {
  readonly #buckets = new Map<number, number>();
  #count = 0;

  add(milliseconds: number): void {
    increase(
      this.#buckets,
      Math.ceil(Math.log(Math.max(leastMs, milliseconds) / leastMs) / Math.log(growth)),
    );
    this.#count++;
  }

  /** Upper end of the bucket that holds the quantile, 0 when nothing was added. */
  quantile(share: number): number {
    let left = Math.max(1, Math.ceil(this.#count * share));
    for (const bucket of [...this.#buckets.keys()].toSorted((a, b) => a - b)) {
      left -= this.#buckets.get(bucket) ?? 0;
      if (left <= 0) return Math.round(leastMs * growth ** bucket * 10) / 10;
    }
    return 0;
  }
}
