import { describe, expect, test } from "vitest";
import { isQuiet, type LookEvidence, nextLookMs } from "../../../src/domain/canary/next-look.ts";

const spacing = { intervalMs: 15_000, longestIntervalMs: 60_000 };

describe("nextLookMs()", () => {
  test.each([
    { name: "a step that just began", quietLooks: 0, leftMs: 900_000, ms: 15_000 },
    { name: "three quiet looks", quietLooks: 3, leftMs: 900_000, ms: 15_000 },
    { name: "four quiet looks", quietLooks: 4, leftMs: 840_000, ms: 30_000 },
    { name: "seven quiet looks", quietLooks: 7, leftMs: 750_000, ms: 30_000 },
    { name: "eight quiet looks", quietLooks: 8, leftMs: 720_000, ms: 60_000 },
    { name: "a night of quiet looks", quietLooks: 5000, leftMs: 720_000, ms: 60_000 },
    { name: "a step that ends before the next look", quietLooks: 20, leftMs: 40_000, ms: 40_000 },
    { name: "a step that ends within the interval", quietLooks: 0, leftMs: 4000, ms: 4000 },
    { name: "a step that ends in a moment", quietLooks: 0, leftMs: 3, ms: 1000 },
    { name: "a step that is over and waits for something", quietLooks: 20, leftMs: 0, ms: 15_000 },
    { name: "a step that is long over", quietLooks: 20, leftMs: -600_000, ms: 15_000 },
    { name: "a time that is not known", quietLooks: 20, leftMs: Number.NaN, ms: 15_000 },
  ])("$name: $ms ms", ({ quietLooks, leftMs, ms }) => {
    expect(nextLookMs(spacing, { quietLooks, leftMs })).toBe(ms);
  });

  test("never waits less than the interval for being told a shorter longest one", () => {
    const pace = { quietLooks: 100, leftMs: 900_000 };
    expect(nextLookMs({ intervalMs: 120_000, longestIntervalMs: 60_000 }, pace)).toBe(120_000);
    expect(nextLookMs({ intervalMs: 15_000, longestIntervalMs: 15_000 }, pace)).toBe(15_000);
  });

  test("asks a quiet step of 15 minutes a third as often, and at its end exactly", () => {
    let [atMs, looks] = [0, 0];
    while (atMs < 900_000) {
      atMs += nextLookMs(spacing, { quietLooks: looks, leftMs: 900_000 - atMs });
      looks++;
    }
    expect(atMs).toBe(900_000);
    expect(looks).toBe(20);
  });
});

describe("isQuiet()", () => {
  const quiet: LookEvidence = { kind: "open", logFail: -1, logFailsAt: 3, isCounted: true };
  test.each<{ name: string; seen: readonly LookEvidence[]; says: boolean }>([
    { name: "no evidence against", seen: [quiet], says: true },
    { name: "no evidence at all", seen: [{ ...quiet, logFail: Number.NEGATIVE_INFINITY }], says: true },
    { name: "a pass", seen: [{ ...quiet, kind: "passed" }], says: true },
    { name: "a tenth of the limit", seen: [{ ...quiet, logFail: 0.3 }], says: true },
    { name: "more than a tenth of the limit", seen: [{ ...quiet, logFail: 0.31 }], says: false },
    { name: "one of two", seen: [quiet, { ...quiet, logFail: 2 }], says: false },
    { name: "a failed metric", seen: [{ ...quiet, kind: "failed" }], says: false },
    { name: "a metric without requests", seen: [{ ...quiet, kind: "unusable" }], says: false },
    { name: "a metric of plain values", seen: [quiet, { ...quiet, isCounted: false }], says: false },
    { name: "evidence that is no number", seen: [{ ...quiet, logFail: Number.NaN }], says: false },
    { name: "nothing judged", seen: [], says: false },
  ])("$name: $says", ({ seen, says }) => {
    expect(isQuiet(seen)).toBe(says);
  });
});
