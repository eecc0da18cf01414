import { expect, test } from "vitest";
import {
  closeStrata,
  goOnWith,
  type HeldStep,
  type RampPosition,
  withoutHold,
} from "../../../src/domain/canary/saved-ramp.ts";

const minute = 60_000;
const held: HeldStep = {
  fromMs: 0,
  lookedMs: 4 * minute,
  uncountedMs: 0,
  isPaused: false,
  quietLooks: 3,
  confirmed: "weight 25 confirmed",
  routeWeight: 25,
};
const intervalMs = 15_000;
const holdMs = 15 * minute;

/** How much of the step's time is over once another run goes on with it. */
function elapsedMs(step: HeldStep, nowMs: number): number {
  const { fromMs, uncountedMs } = goOnWith(step, { nowMs, holdMs, intervalMs });
  return nowMs - fromMs - uncountedMs;
}

test.each<{ name: string; step: HeldStep; nowMs: number; elapsed: number }>([
  {
    name: "a break shorter than a look",
    step: held,
    nowMs: 4 * minute + 10_000,
    elapsed: 4 * minute + 10_000,
  },
  { name: "a break within the planned time", step: held, nowMs: 12 * minute, elapsed: 12 * minute },
  { name: "a break beyond it up to its end", step: held, nowMs: 40 * minute, elapsed: 15 * minute },
  {
    name: "nothing of a break in the time that a step gets beyond it",
    step: { ...held, lookedMs: 18 * minute },
    nowMs: 40 * minute,
    elapsed: 18 * minute,
  },
  {
    name: "nothing of a break under a pause",
    step: { ...held, isPaused: true, uncountedMs: minute },
    nowMs: 10 * minute,
    elapsed: 3 * minute,
  },
  {
    name: "a break before the first look",
    step: { ...held, lookedMs: 0, fromMs: 0 },
    nowMs: 5 * minute,
    elapsed: 5 * minute,
  },
])("goOnWith() counts $name", ({ step, nowMs, elapsed }) => {
  expect(elapsedMs(step, nowMs)).toBe(elapsed);
  expect(goOnWith(step, { nowMs, holdMs, intervalMs }).isPaused).toBe(false);
});

test("withoutHold() counts nothing more for a share that was left", () => {
  const position: RampPosition = {
    startedMs: 0,
    index: 1,
    strata: [
      { name: "5", fromMs: 0, untilMs: 10 },
      { name: "15", fromMs: 20 },
    ],
    held,
    steps: [],
  };
  expect(withoutHold(position, 30)).toEqual({
    startedMs: 0,
    index: 1,
    strata: [
      { name: "5", fromMs: 0, untilMs: 10 },
      { name: "15", fromMs: 20, untilMs: 30 },
    ],
    steps: [],
  });
  expect(closeStrata([], 1)).toEqual([]);
});
