import { expect, test } from "vitest";
import { formatMs, parseDurationMs } from "../../src/core/duration.ts";

test.each([
  ["90s", 90_000],
  ["1h30m", 5_400_000],
  ["3m30s", 210_000],
  ["250ms", 250],
  ["1.5s", 1500],
  ["2d", 172_800_000],
])("parseDurationMs() reads %s", (text, ms) => {
  expect(parseDurationMs("timeout", text)).toBe(ms);
});

test.each(["", "5", "s", "5 m", "-5s", "5m later", "1e3s", "NaN"])(
  "parseDurationMs() refuses %j by name",
  (text) => {
    expect(() => parseDurationMs("timeout", text)).toThrow(`Input "timeout" must be a duration such as`);
  },
);

test.each([
  [850, "850 ms"],
  [12_340, "12.3 s"],
  [245_000, "4 min 5 s"],
  [3_900_000, "1 h 5 min"],
])("formatMs() says %d as %s", (ms, text) => {
  expect(formatMs(ms)).toBe(text);
});
