import { expect, test } from "vitest";
import type { CanaryPorts } from "../../../src/actions/canary-analyze/watch.ts";
import { CancelledError } from "../../../src/core/errors.ts";
import { reasonsOf } from "../../../src/core/verdict.ts";
import type { LeaseCommand } from "../../../src/domain/lock/command.ts";
import { equal, inputs, rampIn, rampUntilLost, seconds, type World } from "./lost-ramp.ts";
import { simulate } from "./world.ts";

/** Ports under a Lease that is told something as long as the condition holds. */
function told(world: World, command: LeaseCommand, isTold: () => boolean): Partial<CanaryPorts> {
  const abort = new AbortController();
  const lease: CanaryPorts["lease"] = {
    command: () => (isTold() ? command : undefined),
    commandWords: () => "loses orders",
    aborted: abort.signal,
    whyLost: () => undefined,
  };
  const listen = () => {
    if (lease.command() === "abort") abort.abort(new CancelledError("The step was told to abort"));
  };
  listen();
  const clock: CanaryPorts["clock"] = {
    now: world.clock.now,
    sleep: async (ms, signal) => {
      for (let passed = 0; passed < ms; passed += 1000) {
        await world.clock.sleep(1000);
        listen();
        signal?.throwIfAborted();
      }
    },
  };
  return { lease, clock };
}

test.each([
  { name: "at once", after: 0 },
  { name: "in its first wait", after: 5 },
])("a ramp that goes on obeys abort $name, and leaves nothing to go on with", async ({ after }) => {
  const world = simulate(equal);
  await rampUntilLost(world, 11);
  await seconds(world, 100);
  const from = world.clock.now() + after * 1000;
  const outcome = await rampIn(
    world,
    told(world, "abort", () => world.clock.now() >= from),
  );
  expect(outcome.verdict.kind).toBe("fail");
  expect(reasonsOf(outcome.verdict)[0]).toMatch(/^aborted by command of annotation .*: loses orders$/);
  expect(outcome.weight).toBe(0);
  expect(world.weight()).toBe(0);
  expect(world.kept().ramp).toBeUndefined();
});

test("a ramp that goes on obeys pause, and a look back does not raise its weight", async () => {
  const world = simulate(equal);
  await rampUntilLost(world, 11);
  await seconds(world, 100);
  const until = world.clock.now() + 600_000;
  const outcome = await rampIn(
    world,
    told(world, "pause", () => world.clock.now() < until),
  );
  expect(outcome.verdict.kind).toBe("pass");
  const second = outcome.steps.find(({ weight }) => weight === 35);
  expect(second?.untilMs).toBeGreaterThanOrEqual(until);
  expect(world.said).toContain("weight 35 % is held by command");
});

test("a ramp that was lost under a pause says that the pause has ended, and counts none of it", async () => {
  const world = simulate(equal);
  const ports = told(world, "pause", () => true);
  expect(await rampUntilLost(world, 6, { ports })).toBe("lost");
  await seconds(world, 60);
  const outcome = await rampIn(world);
  expect(world.said.join("\n")).toContain("It was held by a command to that run, which ended with it");
  expect(outcome.verdict.kind).toBe("pass");
  const [first] = outcome.steps;
  const planned = inputs.steps[0]?.holdMs ?? 0;
  // Its whole time comes after the break: every look before it was under the pause.
  expect((first?.untilMs ?? 0) - (first?.fromMs ?? 0)).toBeGreaterThanOrEqual(planned + 6 * 15_000 + 60_000);
});
