import { expect, test } from "vitest";
import { ConfigError } from "../../../src/core/errors.ts";
import { describeSteps, evenSteps, parseSteps } from "../../../src/domain/canary/ramp-plan.ts";

const minute = 60_000;

test("evenSteps() ends with the last step below 100", () => {
  expect(evenSteps(5, 10, minute).map(({ weight }) => weight)).toEqual([
    5, 15, 25, 35, 45, 55, 65, 75, 85, 95,
  ]);
  expect(evenSteps(50, 50, minute)).toEqual([{ weight: 50, holdMs: minute }]);
});

test("parseSteps() reads shares, each with its own time where one is given", () => {
  expect(parseSteps("steps", ["5", "10 %", "25@5m", "50% @ 1h30m"], 15 * minute)).toEqual([
    { weight: 5, holdMs: 15 * minute },
    { weight: 10, holdMs: 15 * minute },
    { weight: 25, holdMs: 5 * minute },
    { weight: 50, holdMs: 90 * minute },
  ]);
});

test.each([
  { entries: ["5", "5"], problem: 'Input "steps" must rise from step to step: got 5 after 5' },
  { entries: ["25", "10"], problem: 'Input "steps" must rise from step to step: got 10 after 25' },
  { entries: ["5", "100"], problem: /must stay below 100, .*: got "100"/ },
  { entries: ["0", "10"], problem: 'Input "steps" must hold whole percentages from 1 to 99: got "0"' },
  { entries: ["120"], problem: 'Input "steps" must hold whole percentages from 1 to 99: got "120"' },
  { entries: ["2.5"], problem: 'Input "steps" must be a list such as 5, 10, 25, 50@30m: got "2.5"' },
  { entries: ["five"], problem: 'Input "steps" must be a list such as 5, 10, 25, 50@30m: got "five"' },
  { entries: ["5@soon"], problem: 'Input "steps" must be a duration such as 90s, 5m or 1h30m: got "soon"' },
  { entries: ["5@"], problem: 'Input "steps" must be a list such as 5, 10, 25, 50@30m: got "5@"' },
  { entries: [], problem: 'Input "steps" must be a list of percentages: got nothing' },
])("parseSteps() refuses $entries", ({ entries, problem }) => {
  expect(() => parseSteps("steps", entries, minute)).toThrow(ConfigError);
  expect(() => parseSteps("steps", entries, minute)).toThrow(problem);
});

test("describeSteps() names the time of a step that differs", () => {
  expect(describeSteps(parseSteps("steps", ["5", "50@30m"], minute))).toBe("5, 50 for 30 min 0 s %");
});
