import { expect, test } from "vitest";
import { canaryResult } from "../../../src/actions/canary-analyze/report.ts";
import type { Weights } from "../../../src/actions/canary-analyze/weights.ts";
import { OutsideError } from "../../../src/core/errors.ts";
import { parseMetrics } from "../../../src/domain/canary/parse-metrics.ts";
import { decodeRecording } from "../../../src/domain/canary/recording-file.ts";
import { replay } from "../../../src/domain/canary/replay.ts";
import { equal, inputs, type Outcome, rampIn, rampUntilLost, seconds, text, worse } from "./lost-ramp.ts";
import { simulate } from "./world.ts";

/** What must not depend on how often the runner was lost. */
function essence({ verdict, steps, weight, startedMs, decidedMs, watch }: Outcome) {
  // How long an open metric would still take is told from the looks of this run.
  const judged = watch.judgements().map(({ sentence: _told, ...rest }) => rest);
  return { verdict, steps, weight, startedMs, decidedMs, sums: watch.kept(), judged };
}

test.each([
  { name: "an equal version", rule: equal, looks: 24 },
  { name: "four times the errors", rule: worse, looks: 4 },
])(
  "ramp() of $name that is lost after any look comes to the same sums, to the last bit",
  async ({ rule, looks }) => {
    const unbroken = await rampIn(simulate(rule));
    expect(unbroken.watch.looks.length).toBeGreaterThanOrEqual(looks);
    for (let lostAfter = 1; lostAfter < unbroken.watch.looks.length; lostAfter++) {
      const world = simulate(rule);
      expect(await rampUntilLost(world, lostAfter)).toBe("lost");
      await seconds(world, lostAfter % 15);
      const resumed = await rampIn(world);
      expect(resumed.beginning?.resumed?.weight, `after look ${lostAfter}`).toBe(
        unbroken.watch.looks[lostAfter]?.weight,
      );
      expect(essence(resumed), `after look ${lostAfter}`).toEqual(essence(unbroken));
      expect(resumed.watch.looks).toHaveLength(unbroken.watch.looks.length - lostAfter);
    }
  },
);

test("ramp() that is lost after each look comes to the same sums, to the last bit", async () => {
  const unbroken = await rampIn(simulate(equal));
  const world = simulate(equal);
  const looked: number[] = [];
  while (looked.length < 100) {
    const outcome = await rampUntilLost(world, 1);
    if (outcome !== "lost") {
      expect(essence(outcome)).toEqual(essence(unbroken));
      break;
    }
    looked.push(world.clock.now());
    await seconds(world, 4);
  }
  expect(looked).toHaveLength(unbroken.watch.looks.length - 1);
});

test.each([
  { name: "an equal version", rule: equal, kind: "pass" },
  { name: "four times the errors", rule: worse, kind: "fail" },
])("ramp() of $name that is lost for minutes judges them too", async ({ rule, kind }) => {
  const unbroken = await rampIn(simulate(rule));
  expect(unbroken.verdict.kind).toBe(kind);
  for (const lostAfter of [1, 3, 9]) {
    const world = simulate(rule);
    expect(await rampUntilLost(world, lostAfter)).toBe("lost");
    await seconds(world, 100);
    const resumed = await rampIn(world);
    expect(resumed.verdict.kind).toBe(kind);
    expect(resumed.beginning?.resumed?.lostMs).toBe(100_000);
    // The first of the looks that nobody took is the one that was due, not now.
    const first = unbroken.watch.looks[lostAfter];
    expect(resumed.watch.looks[0]).toMatchObject({ atMs: first?.atMs, growths: first?.growths });
  }
});

test("ramp() that is lost while a weight is set sets it again", async () => {
  const world = simulate(equal);
  const lost = new Promise((resolve) => {
    const weights: Weights = {
      ...world.weights,
      raise: async (percent, limits) => {
        const said = await world.weights.raise(percent, limits);
        if (percent !== 35) return said;
        resolve("lost");
        return new Promise(() => undefined);
      },
    };
    void rampIn(world, {}, { weights });
  });
  await lost;
  await seconds(world, 40);
  const resumed = await rampIn(world);
  expect(resumed.verdict.kind).toBe("pass");
  expect(world.events).toEqual(["raise 5", "raise 35", "raise 35", "raise 65", "raise 95"]);
  expect(resumed.steps.map(({ weight }) => weight)).toEqual([5, 35, 65, 95]);
  // What came before the weight was confirmed belongs to none.
  const [, second] = resumed.steps;
  expect(second?.requests).toBeLessThan(40 * 105 * 0.37);
});

test("ramp() does not judge what came at a weight that somebody else has set", async () => {
  const world = simulate(equal);
  await rampUntilLost(world, 11);
  const before = world.kept();
  await world.weights.raise(0, { expiresMs: 0, ramp: {}, signal: world.signal });
  world.keep(before);
  await seconds(world, 60);
  const resumed = await rampIn(world);
  expect(world.said.join("\n")).toMatch(/The route has weight 0, not 35 as that run left it/);
  expect(resumed.verdict.kind).toBe("pass");
  expect(world.events.slice(-4)).toEqual(["raise 0", "raise 35", "raise 65", "raise 95"]);
});

test("ramp() that was cancelled or failed leaves nothing to go on with", async () => {
  for (const rule of [{ ...equal, cancelAfter: 60 }, worse]) {
    const world = simulate(rule);
    await rampIn(world);
    expect(world.weight()).toBe(0);
    expect(world.kept().ramp).toBeUndefined();
  }
});

test("ramp() goes on while the cluster cannot keep its state, and says so once", async () => {
  const world = simulate(equal);
  const weights: Weights = {
    ...world.weights,
    keep: () => Promise.reject(new OutsideError("the API server is away")),
  };
  const outcome = await rampIn(world, {}, { weights });
  expect(outcome.verdict.kind).toBe("pass");
  const said = world.said.filter((line) => line.includes("could not be kept"));
  expect(said).toEqual(["How far the ramp has come could not be kept: the API server is away"]);
});

test("ramp() keeps a state whose size is that of its sums", async () => {
  const world = simulate(equal);
  await rampIn(world);
  expect(JSON.stringify(world.kept().ramp).length).toBeLessThan(8_000);
});

test("ramp() that was gone on with leaves evidence from which its own looks are judged again", async () => {
  const world = simulate(equal);
  await rampUntilLost(world, 11);
  await seconds(world, 100);
  const outcome = await rampIn(world);
  const metrics = parseMetrics({ input: "metrics", text }, inputs);
  const result = canaryResult({ ...inputs, mode: "ramp" }, metrics, outcome);
  const details = JSON.parse(JSON.stringify(result.details));
  expect(details.resumed).toEqual({
    weight: 35,
    keptAt: expect.stringMatching(/^2023-/),
    unwatchedSeconds: 100,
  });
  expect(details.steps.map(({ weight }: { weight: number }) => weight)).toEqual([5, 35, 65, 95]);
  expect(details.sums).toEqual(outcome.watch.kept().analysis);
  expect(result.summary).toContain(
    "Another run was lost at 35 %; this one went on from its sums, after 1 min 40 s in which nobody looked.",
  );
  const replayed = replay(decodeRecording(details.recording));
  expect(replayed.isIdentical).toBe(true);
  expect(replayed.verdict).toEqual(outcome.verdict);
});
