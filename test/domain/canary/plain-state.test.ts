import { expect, test } from "vitest";
import { restore, shorten } from "../../../src/domain/canary/plain-state.ts";

test.each([
  {
    name: "numbers that JSON cannot say",
    value: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NaN],
  },
  { name: "counts", value: { bad: 3, total: 500.25 } },
  { name: "counts of both arms", value: { candidate: { bad: 1, total: 2 }, baseline: { bad: 0, total: 9 } } },
  {
    name: "counts with what is tolerated",
    value: {
      candidate: { bad: 1, total: 2 },
      baseline: { bad: 0, total: 9 },
      tolerated: { bad: 0.1 + 0.2, total: 9 },
    },
  },
  { name: "values of both arms", value: { candidate: 0.1, baseline: Number.NaN } },
  { name: "one arm alone", value: { candidate: { bad: 1, total: 2 } } },
  { name: "texts that look like short forms", value: ["#1 2", "=1 2", "~Infinity", "'", "web"] },
  {
    name: "nested state",
    value: { streams: { errors: { worse: [0, -1.25], waiting: {} } }, peak: -Infinity },
  },
])("shorten() and restore() keep $name as they are", ({ value }) => {
  const text = JSON.stringify(shorten(value));
  expect(restore(JSON.parse(text))).toEqual(value);
});

test("shorten() says counts of both arms in one text", () => {
  expect(shorten({ candidate: { bad: 1, total: 2 }, baseline: { bad: 0, total: 9 } })).toBe("#1 2 0 9");
});
