import type { AnalysisInputs, RampInputs } from "../../../src/actions/canary-analyze/inputs.ts";
import type { Weights } from "../../../src/actions/canary-analyze/weights.ts";
import { CancelledError, OutsideError } from "../../../src/core/errors.ts";
import type { KeptRamp } from "../../../src/domain/canary/saved-ramp.ts";
import type { Sample, Series } from "../../../src/domain/canary/series.ts";
import type { Clock } from "../../../src/platform/clock.ts";
import type { MetricsSource } from "../../../src/platform/prometheus.ts";
import { seeded } from "../../domain/canary/random.ts";

/** What a ramp is told by the tests that have nothing else to say about it. */
export function rampInputs(metrics: string): AnalysisInputs & RampInputs {
  return {
    metrics,
    source: { kind: "prometheus", access: { url: "http://prometheus", headers: {}, secrets: [] } },
    baseline: 'track="stable"',
    candidate: 'track="candidate"',
    intervalMs: 15_000,
    longestIntervalMs: 60_000,
    minimumRequests: 50,
    confidence: 0.95,
    toleratedRatio: 1.2,
    unacceptableRatio: 2,
    evidence: [],
    require: [],
    onInconclusive: "fail",
    steps: [5, 35, 65, 95].map((weight) => ({ weight, holdMs: 120_000 })),
    promotesEarly: false,
    release: "web",
    access: { kind: "ambient", namespace: "production", path: "/kubeconfig" },
    traffic: {
      provider: "gateway",
      route: { kind: "HTTPRoute", name: "web" },
      stable: { service: "web" },
      candidate: { service: "web-candidate" },
    },
  };
}

export interface Version {
  readonly errorRate: number;
  readonly slowRate: number;
}

export interface WorldRule {
  readonly requestsPerSecond: number;
  readonly stable: Version;
  readonly candidate: Version;
  /** Seconds after the start from which the store gets nothing new. */
  readonly silentAfter?: number;
  /** Seconds after the start from which the store answers nothing at all. */
  readonly downAfter?: number;
  readonly cancelAfter?: number;
  /** How long the service has served and been scraped before. */
  readonly pastSeconds?: number;
  readonly seed?: number;
  /** The way home is refused so often. */
  readonly homeFails?: boolean;
}

type Arm = "stable" | "candidate";
const startMs = 1_700_000_000_000;
const scrapeMs = 15_000;

/** The service and its scraper: what it counted, and what is stored of it. */
class Service {
  weight = 0;
  nowMs: number;
  readonly stored = new Map<string, Sample[]>();
  readonly totals: Record<Arm, Record<string, number>> = {
    stable: { "200": 50_000, "500": 20, within: 50_000 },
    candidate: { "200": 5, within: 5 },
  };
  readonly #random: ReturnType<typeof seeded>;
  readonly #rule: WorldRule;

  constructor(rule: WorldRule) {
    this.#rule = rule;
    this.#random = seeded(rule.seed ?? 3);
    this.nowMs = startMs - (rule.pastSeconds ?? 60) * 1000;
  }

  isAfter(seconds: number | undefined): boolean {
    return seconds !== undefined && this.nowMs - startMs >= seconds * 1000;
  }

  passSecond(): void {
    this.nowMs += 1000;
    const { requestsPerSecond, silentAfter } = this.#rule;
    const toCandidate = this.#random.binomial(requestsPerSecond, this.weight / 100);
    this.#serve("candidate", toCandidate);
    this.#serve("stable", requestsPerSecond - toCandidate);
    if ((this.nowMs - startMs) % scrapeMs === 0 && !this.isAfter(silentAfter)) this.#scrape();
  }

  #serve(arm: Arm, requests: number): void {
    const errors = this.#random.binomial(requests, this.#rule[arm].errorRate);
    const slow = this.#random.binomial(requests, this.#rule[arm].slowRate);
    const counters = this.totals[arm];
    counters["200"] = (counters["200"] ?? 0) + requests - errors;
    if (errors > 0) counters["500"] = (counters["500"] ?? 0) + errors;
    counters.within = (counters.within ?? 0) + requests - slow;
  }

  #scrape(): void {
    for (const arm of ["stable", "candidate"] as const) {
      for (const [name, value] of Object.entries(this.totals[arm])) {
        const key = `${arm} ${name}`;
        this.stored.set(key, [...(this.stored.get(key) ?? []), { ms: this.nowMs, value }]);
      }
    }
  }
}

/** A service under traffic, scraped every 15 s, in simulated time. */
export function simulate(rule: WorldRule) {
  const abort = new AbortController();
  const events: string[] = [];
  const said: string[] = [];
  const service = new Service(rule);
  while (service.nowMs < startMs) service.passSecond();
  const clock: Clock = {
    now: () => service.nowMs,
    sleep: async (ms) => {
      for (let passed = 0; passed < ms; passed += 1000) {
        service.passSecond();
        if (!service.isAfter(rule.cancelAfter)) continue;
        abort.abort(new CancelledError("The step was cancelled"));
        throw new CancelledError("The step was cancelled while it waited");
      }
    },
  };
  const metrics: MetricsSource = {
    values: () => Promise.reject(new Error("no metric of this world asks for values")),
    samples: async (selector, { startMs: from, endMs: until }) => {
      if (service.isAfter(rule.downAfter)) {
        throw new OutsideError("Prometheus at http://prometheus answered 503");
      }
      const found = seriesFor(selector, service);
      return found.map(({ labels, samples }) => ({
        labels,
        samples: samples.filter(({ ms }) => ms >= from && ms <= until),
      }));
    },
  };
  let state: KeptRamp = { phase: "candidate", expiresMs: 0, candidate: "sha256:a of record 1" };
  const weights: Weights = {
    check: async () => undefined,
    current: async () => service.weight,
    kept: async () => state,
    keep: async (_percent, { expiresMs, ramp }) => {
      state = { ...state, expiresMs, ramp };
    },
    sustain: async () => undefined,
    raise: async (percent, { expiresMs, ramp }) => {
      state = { ...state, phase: "ramping", expiresMs, ramp };
      events.push(`raise ${percent}`);
      service.weight = percent;
      return `weight ${percent} confirmed`;
    },
    home: async (budgetMs) => {
      events.push(`home within ${budgetMs} ms`);
      if (rule.homeFails === true) throw new OutsideError("Weight 0 could not be set: no connection");
      service.weight = 0;
      state = { phase: "candidate", expiresMs: service.nowMs, candidate: state.candidate };
      return "weight 0 confirmed";
    },
  };
  return {
    clock,
    metrics,
    weights,
    signal: abort.signal,
    say: (line: string) => said.push(line),
    said,
    events,
    weight: () => service.weight,
    kept: () => state,
    keep: (changed: KeptRamp) => {
      state = changed;
    },
  };
}

function seriesFor(selector: string, { stored, totals }: Service): readonly Series[] {
  const arm = selector.includes('track="candidate"') ? "candidate" : "stable";
  const labels = { job: "web", instance: `${arm}:8080` };
  const samplesOf = (name: string) => stored.get(`${arm} ${name}`) ?? [];
  if (selector.startsWith("nothing")) return [];
  if (selector.startsWith("duration")) {
    const all = sum(samplesOf("200"), samplesOf("500"));
    return [
      { labels: { ...labels, le: "0.5" }, samples: samplesOf("within") },
      { labels: { ...labels, le: "+Inf" }, samples: all },
    ];
  }
  const names = selector.includes("status") ? ["500"] : ["200", "500"];
  return names
    .filter((name) => name in totals[arm])
    .map((name) => ({ labels: { ...labels, status: name }, samples: samplesOf(name) }));
}

function sum(a: readonly Sample[], b: readonly Sample[]): readonly Sample[] {
  return a.map(({ ms, value }) => ({ ms, value: value + (b.find((one) => one.ms === ms)?.value ?? 0) }));
}
