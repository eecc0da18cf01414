import { expect, test } from "vitest";
import { ramp } from "../../../src/actions/canary-analyze/run.ts";
import type { CanaryPorts } from "../../../src/actions/canary-analyze/watch.ts";
import { CancelledError } from "../../../src/core/errors.ts";
import { reasonsOf } from "../../../src/core/verdict.ts";
import { parseMetrics } from "../../../src/domain/canary/parse-metrics.ts";
import type { LeaseCommand } from "../../../src/domain/lock/command.ts";
import { rampInputs, simulate } from "./world.ts";

const text = `
- name: error-rate
  errors: requests_total{ {{arm}}, status="500" }
  requests: requests_total{ {{arm}} }
  limit: 1%
`;

const inputs = rampInputs(text);

const fine = { errorRate: 0.002, slowRate: 0.005 };

interface Told {
  /** Seconds after the start. */
  readonly from: number;
  readonly to: number;
  readonly command: LeaseCommand;
  readonly words?: string;
}

/** A ramp that is told something for a while. */
async function rampTold(told: Told, errorRate = fine.errorRate) {
  const world = simulate({ requestsPerSecond: 40, stable: fine, candidate: { ...fine, errorRate } });
  const startMs = world.clock.now();
  const isTold = () => {
    const seconds = (world.clock.now() - startMs) / 1000;
    return seconds >= told.from && seconds < told.to;
  };
  const abort = new AbortController();
  const lease: CanaryPorts["lease"] = {
    command: () => (isTold() ? told.command : undefined),
    commandWords: () => told.words ?? "",
    aborted: abort.signal,
    whyLost: () => undefined,
  };
  const clock: CanaryPorts["clock"] = {
    now: world.clock.now,
    sleep: async (ms, signal) => {
      for (let passed = 0; passed < ms; passed += 1000) {
        await world.clock.sleep(1000);
        if (lease.command() === "abort") abort.abort(new CancelledError("The step was told to abort"));
        signal?.throwIfAborted();
      }
    },
  };
  const metrics = parseMetrics({ input: "metrics", text }, inputs);
  const outcome = await ramp({ inputs, metrics, ports: { ...world, clock, lease } }, world.weights);
  return { world, outcome, reasons: reasonsOf(outcome.verdict) };
}

test("pause holds the weight for as long as it stands, and the ramp goes on after it", async () => {
  const { world, outcome } = await rampTold({ from: 60, to: 660, command: "pause" });
  expect(outcome.verdict.kind).toBe("pass");
  expect(world.events).toEqual(["raise 5", "raise 35", "raise 65", "raise 95"]);
  const [first, second] = outcome.steps;
  expect(((first?.untilMs ?? 0) - (first?.fromMs ?? 0)) / 1000).toBeGreaterThanOrEqual(700);
  expect(((second?.untilMs ?? 0) - (second?.fromMs ?? 0)) / 1000).toBeLessThan(200);
  expect(world.said).toContain("weight 5 % is held by command");
  expect(world.said).toContain("the ramp goes on");
});

test("a red look ends a ramp that is paused", async () => {
  const { world, outcome } = await rampTold({ from: 0, to: 36_000, command: "pause" }, 0.3);
  expect(outcome.verdict.kind).toBe("fail");
  expect(world.events).toEqual(["raise 5", "home within 60000 ms"]);
});

test("abort takes all traffic from the candidate without waiting for the next look", async () => {
  const abort = { from: 62, to: 36_000, command: "abort", words: "loses orders" } as const;
  const { world, outcome, reasons } = await rampTold(abort);
  expect(outcome.verdict.kind).toBe("fail");
  expect(reasons).toEqual([
    "aborted by command of annotation sluice/command on Lease sluice-web: loses orders",
  ]);
  expect(outcome.weight).toBe(0);
  expect(world.events).toEqual(["raise 5", "home within 60000 ms"]);
  const [step] = outcome.steps;
  expect(((step?.untilMs ?? 0) - (step?.fromMs ?? 0)) / 1000).toBeLessThan(65);
});

test("a ramp that has lost its release leaves the weight to whoever took it", async () => {
  const world = simulate({ requestsPerSecond: 40, stable: fine, candidate: fine, cancelAfter: 50 });
  const why = "Yielded to a rollback of ann: loses orders";
  const lost = new AbortController();
  const lease: CanaryPorts["lease"] = {
    command: () => undefined,
    commandWords: () => "",
    aborted: new AbortController().signal,
    whyLost: () => (world.signal.aborted ? why : undefined),
  };
  world.signal.addEventListener("abort", () => lost.abort(new CancelledError(why)));
  const metrics = parseMetrics({ input: "metrics", text }, inputs);
  const ports: CanaryPorts = { ...world, lease, signal: lost.signal };
  const outcome = await ramp({ inputs, metrics, ports }, world.weights);
  expect(reasonsOf(outcome.verdict)).toEqual([why]);
  expect(outcome.isBroken).toBe(true);
  expect(outcome.weight).toBeUndefined();
  expect(world.events).toEqual(["raise 5"]);
});

test("abort does not wait for a weight that is being raised", async () => {
  const world = simulate({ requestsPerSecond: 40, stable: fine, candidate: fine });
  const abort = new AbortController();
  const lease: CanaryPorts["lease"] = {
    command: () => "abort",
    commandWords: () => "",
    aborted: abort.signal,
    whyLost: () => undefined,
  };
  const weights: typeof world.weights = {
    ...world.weights,
    raise: (_percent, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        abort.abort(new CancelledError("The step was told to abort"));
      }),
  };
  const metrics = parseMetrics({ input: "metrics", text }, inputs);
  const outcome = await ramp({ inputs, metrics, ports: { ...world, lease } }, weights);
  expect(outcome.verdict.kind).toBe("fail");
  expect(reasonsOf(outcome.verdict)[0]).toMatch(/^aborted by command of annotation sluice\/command/);
  expect(world.events).toEqual(["home within 60000 ms"]);
});
