import { canaryResult } from "../../../src/actions/canary-analyze/report.ts";
import { analyze, type CanaryOutcome, ramp } from "../../../src/actions/canary-analyze/run.ts";
import type { CanaryPorts } from "../../../src/actions/canary-analyze/watch.ts";
import { CancelledError } from "../../../src/core/errors.ts";
import { parseMetrics } from "../../../src/domain/canary/parse-metrics.ts";
import type { Series } from "../../../src/domain/canary/series.ts";
import type { MetricsSource } from "../../../src/platform/prometheus.ts";
import { type Random, seeded } from "../../domain/canary/random.ts";
import { rampInputs, simulate, type WorldRule } from "./world.ts";

const counters = `
- name: error-rate
  errors: requests_total{ {{arm}}, status="500" }
  requests: requests_total{ {{arm}} }
  limit: 1%
- name: latency
  buckets: duration_bucket{ {{arm}} }
  limit: p95 500ms
`;
const gauges = `
- name: cpu
  gauge: cpu{ {{arm}} }
- name: memory
  gauge: memory{ {{arm}} }
  test: mann-whitney
  looks: 2
  pairs-per-look: 5
- name: load
  gauge: cpu{ {{arm}}, kind="load" }
  test: kayenta
  kayenta: {intervals: 8, nan: replace, outliers: remove, critical: true}
  critical: false
- name: conversion
  query: conversion{ {{arm}} }
  pass: ["> 0.9", ">= -10%"]
  failure-limit: 2
  critical: false
- name: satisfaction
  query: satisfaction{ {{arm}} }
  pass: "> 4"
  warning: "> 3.8"
  inconclusive-limit: 1
  consecutive-errors: 2
`;

export const metricTexts = [counters, counters + gauges, gauges];

/** The world's own series, and gauges that wander beside them; some answers are missing. */
function withGauges(metrics: MetricsSource, seed: number): MetricsSource {
  const random = seeded(seed);
  const shift = random.next() < 0.3 ? 0.4 : 0;
  const wander = (text: string, level: number) =>
    level * (1 + 0.2 * (random.next() - 0.5) + (text.includes('"candidate"') ? shift : 0));
  let asked = 0;
  // The first answers are whole: a run does not begin without them.
  const one = (text: string, samples: Series["samples"]): readonly Series[] =>
    asked++ > 40 && random.next() < 0.05 ? [] : [{ labels: { job: "web", instance: text }, samples }];
  return {
    ...metrics,
    values: async (text, ms) =>
      one(text, [{ ms, value: wander(text, text.startsWith("satisfaction") ? 4.1 : 0.97) }]),
    samples: async (text, span, signal) => {
      if (!/^(cpu|memory)/.test(text)) return metrics.samples(text, span, signal);
      const samples = [];
      for (let ms = Math.ceil(span.startMs / 15_000) * 15_000; ms <= span.endMs; ms += 15_000)
        samples.push({ ms, value: wander(text, 0.3) });
      return one(text, samples);
    },
  };
}

export interface Drawn {
  readonly text: string;
  readonly mode: "ramp" | "analyze";
  readonly rule: WorldRule;
  readonly promotesEarly: boolean;
  /** Seconds after the start at which somebody pauses it for a while, or aborts it. */
  readonly pauseAt?: number;
  readonly abortAt?: number;
}

const rates = [0, 0.002, 0.01, 0.05];

/** Nothing goes wrong, and nothing is worse. */
function untroubled(random: Random): Drawn {
  const fine = { errorRate: 0.002 * random.next(), slowRate: 0.005 };
  const rule = { requestsPerSecond: 40, stable: fine, candidate: fine };
  return { text: counters, mode: "ramp", promotesEarly: random.next() < 0.5, rule };
}

/** Any run there may be: versions, traffic, and what goes wrong on the way. */
export function drawRun(random: Random): Drawn {
  if (random.next() < 0.1) return untroubled(random);
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)] as T;
  const sometimes = (share: number) => (random.next() < share ? 30 + random.below(900) : undefined);
  const stable = { errorRate: pick(rates), slowRate: pick(rates) };
  const worse = { errorRate: Math.min(1, stable.errorRate * 4 + 0.002), slowRate: stable.slowRate };
  const [silentAfter, downAfter, cancelAfter] = [sometimes(0.15), sometimes(0.15), sometimes(0.2)];
  const [pauseAt, abortAt] = [sometimes(0.2), sometimes(0.1)];
  return {
    text: pick(metricTexts),
    mode: random.next() < 0.3 ? "analyze" : "ramp",
    promotesEarly: random.next() < 0.3,
    ...(pauseAt === undefined ? {} : { pauseAt }),
    ...(abortAt === undefined ? {} : { abortAt }),
    rule: {
      requestsPerSecond: pick([0, 1, 8, 40]),
      stable,
      candidate: random.next() < 0.5 ? stable : worse,
      ...(silentAfter === undefined ? {} : { silentAfter }),
      ...(downAfter === undefined ? {} : { downAfter }),
      ...(cancelAfter === undefined ? {} : { cancelAfter }),
      ...(random.next() < 0.1 ? { homeFails: true } : {}),
    },
  };
}

/** A person who pauses or aborts, and a clock that hears of it at once. */
function told(world: ReturnType<typeof simulate>, { pauseAt, abortAt }: Drawn) {
  const startMs = world.clock.now();
  const isAfter = (seconds: number | undefined, forMs = Number.POSITIVE_INFINITY) => {
    const since = seconds === undefined ? -1 : world.clock.now() - startMs - 1000 * seconds;
    return since >= 0 && since < forMs;
  };
  const abort = new AbortController();
  const command = () => (isAfter(abortAt) ? "abort" : isAfter(pauseAt, 200_000) ? "pause" : undefined);
  const lease: CanaryPorts["lease"] = {
    command,
    commandWords: () => "loses orders",
    aborted: abort.signal,
    whyLost: () => undefined,
  };
  const clock: CanaryPorts["clock"] = {
    now: world.clock.now,
    sleep: async (ms, signal) => {
      for (let passed = 0; passed < ms; passed += 1000) {
        await world.clock.sleep(1000);
        if (command() === "abort") abort.abort(new CancelledError("The step was told to abort"));
        signal?.throwIfAborted();
      }
    },
  };
  return { lease, clock };
}

/** Plays a run and gives its evidence as it lies in the file. */
export async function evidenceOf(drawn: Drawn, seed: number) {
  const { text, mode, rule, promotesEarly } = drawn;
  const world = simulate(rule);
  const ports: CanaryPorts = { ...world, metrics: withGauges(world.metrics, seed) };
  const given = { ...rampInputs(text), promotesEarly, durationMs: 400_000 };
  const metrics = parseMetrics({ input: "metrics", text }, given);
  let outcome: CanaryOutcome;
  if (mode === "ramp") {
    outcome = await ramp(
      { inputs: given, metrics, ports: { ...ports, ...told(world, drawn) } },
      world.weights,
    );
  } else {
    await world.weights.raise(20, { expiresMs: 0, ramp: null, signal: world.signal });
    outcome = await analyze({ inputs: given, metrics, ports });
  }
  const result = canaryResult({ ...given, mode }, metrics, outcome);
  const json = JSON.stringify(result.details, null, 2);
  const details = JSON.parse(json) as { readonly recording: unknown };
  return { outcome, result, details, metrics };
}
