import { ramp } from "../../../src/actions/canary-analyze/run.ts";
import type { CanaryPorts } from "../../../src/actions/canary-analyze/watch.ts";
import type { Weights } from "../../../src/actions/canary-analyze/weights.ts";
import { parseMetrics } from "../../../src/domain/canary/parse-metrics.ts";
import { rampInputs, type simulate, type WorldRule } from "./world.ts";

export const text = `
- name: error-rate
  errors: requests_total{ {{arm}}, status="500" }
  requests: requests_total{ {{arm}} }
  limit: 1%
- name: latency
  buckets: duration_bucket{ {{arm}} }
  limit: p95 500ms
`;
export const inputs = rampInputs(text);
const fine = { errorRate: 0.002, slowRate: 0.005 };
export const equal: WorldRule = { requestsPerSecond: 40, stable: fine, candidate: fine };
export const worse: WorldRule = {
  ...equal,
  requestsPerSecond: 100,
  candidate: { ...fine, errorRate: 0.008 },
};

export type World = ReturnType<typeof simulate>;
export type Outcome = Awaited<ReturnType<typeof ramp>>;
export type Told = Partial<typeof inputs>;

export function rampIn(
  world: World,
  ports: Partial<CanaryPorts> = {},
  told: Told & { readonly weights?: Weights } = {},
) {
  const { weights = world.weights, ...changed } = told;
  const given = { ...inputs, ...changed };
  const metrics = parseMetrics({ input: "metrics", text: given.metrics }, given);
  return ramp({ inputs: given, metrics, ports: { ...world, ...ports } }, weights);
}

/** Ramps until so many looks were taken and the next one is waited for; then the runner is gone, and nothing of it is heard. */
export function rampUntilLost(
  world: World,
  looks: number,
  {
    ports = {},
    told = {},
  }: { readonly ports?: Partial<CanaryPorts>; readonly told?: Parameters<typeof rampIn>[2] } = {},
): Promise<"lost" | Outcome> {
  let waits = 0;
  return new Promise((resolve, reject) => {
    const clock: CanaryPorts["clock"] = {
      now: world.clock.now,
      sleep: (ms, signal) => {
        if (waits++ < looks) return world.clock.sleep(ms, signal);
        resolve("lost");
        return new Promise(() => undefined);
      },
    };
    rampIn(world, { ...ports, clock }, told).then(resolve, reject);
  });
}

export const seconds = (world: World, count: number) => world.clock.sleep(count * 1000);
