import { describe, expect, test } from "vitest";
import { ramp } from "../../../src/actions/canary-analyze/run.ts";
import { parseMetrics } from "../../../src/domain/canary/parse-metrics.ts";
import { rampInputs, simulate, type WorldRule } from "./world.ts";

const text = `
- name: error-rate
  errors: requests_total{ {{arm}}, status="500" }
  requests: requests_total{ {{arm}} }
`;
const fine = { errorRate: 0.005, slowRate: 0.005 };
const equal: WorldRule = { requestsPerSecond: 40, stable: fine, candidate: fine };
const quarterHour = { ...rampInputs(text), steps: stepsOf(900_000) };

function stepsOf(holdMs: number) {
  return [5, 15, 25, 35].map((weight) => ({ weight, holdMs }));
}

async function rampWith(rule: WorldRule, longestIntervalMs: number) {
  const world = simulate(rule);
  let queries = 0;
  const metrics = {
    ...world.metrics,
    samples: (...asked: Parameters<typeof world.metrics.samples>) => {
      queries++;
      return world.metrics.samples(...asked);
    },
  };
  const inputs = { ...quarterHour, longestIntervalMs };
  const read = parseMetrics({ input: "metrics", text }, inputs);
  const outcome = await ramp({ inputs, metrics: read, ports: { ...world, metrics } }, world.weights);
  const lookMs = outcome.watch.looks.map(({ atMs }) => atMs);
  return { outcome, queries, lookMs, seconds: (outcome.decidedMs - outcome.startedMs) / 1000 };
}

describe("a ramp whose looks stretch", () => {
  test("asks an equal version less than half as often, and ends each step on time", async () => {
    const stretched = await rampWith(equal, 60_000);
    const steady = await rampWith(equal, 15_000);
    expect(stretched.outcome.verdict.kind).toBe(steady.outcome.verdict.kind);
    expect(stretched.queries).toBeLessThan(steady.queries / 2);
    const lengths = (outcome: typeof steady.outcome) =>
      outcome.steps.map(({ fromMs, untilMs }) => untilMs - fromMs);
    expect(lengths(stretched.outcome)).toEqual(lengths(steady.outcome));
    const gaps = stretched.lookMs.map((ms, index) => ms - (stretched.lookMs[index - 1] ?? ms));
    expect(Math.max(...gaps)).toBe(60_000);
  });

  test.each([{ requestsPerSecond: 400 }, { requestsPerSecond: 100 }, { requestsPerSecond: 20 }])(
    "stops 12 versions of 4 times the errors as soon as it would otherwise, at $requestsPerSecond requests/s",
    async (rate) => {
      const seconds = { stretched: 0, steady: 0 };
      const steps = { stretched: 0, steady: 0 };
      for (let seed = 1; seed <= 12; seed++) {
        const bad = { ...equal, ...rate, pastSeconds: 3600, seed, candidate: { ...fine, errorRate: 0.02 } };
        for (const [kind, longestMs] of [
          ["stretched", 60_000],
          ["steady", 15_000],
        ] as const) {
          const { outcome, seconds: took } = await rampWith(bad, longestMs);
          expect(outcome.verdict.kind).toBe("fail");
          seconds[kind] += took / 12;
          steps[kind] += outcome.steps.length;
        }
      }
      console.log(rate, seconds, steps);
      expect(seconds.stretched - seconds.steady).toBeLessThanOrEqual(30);
    },
  );
});
