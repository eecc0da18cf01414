import { expect, test } from "vitest";
import {
  countBySeverity,
  severityOfScore,
  severityOfWord,
  worstOf,
} from "../../../src/domain/scan/severity.ts";

test.each([
  { score: 10, severity: "critical" },
  { score: 9, severity: "critical" },
  { score: 8.9, severity: "high" },
  { score: 7, severity: "high" },
  { score: 6.9, severity: "medium" },
  { score: 4, severity: "medium" },
  { score: 3.9, severity: "low" },
  { score: 0, severity: "low" },
  { score: Number.NaN, severity: "unknown" },
  { score: -1, severity: "unknown" },
  { score: 10.1, severity: "unknown" },
])("severityOfScore() of $score is $severity", ({ score, severity }) => {
  expect(severityOfScore(score)).toBe(severity);
});

test.each([
  { word: "CRITICAL", severity: "critical" },
  { word: "MODERATE", severity: "medium" },
  { word: "Important", severity: "high" },
  { word: "", severity: "unknown" },
  { word: "constructor", severity: "unknown" },
])('severityOfWord() of "$word" is $severity', ({ word, severity }) => {
  expect(severityOfWord(word)).toBe(severity);
});

test("worstOf() takes the worst of what is known, and unknown only when nothing is", () => {
  expect(worstOf(["unknown", "low", "high"])).toBe("high");
  expect(worstOf(["unknown"])).toBe("unknown");
  expect(worstOf([])).toBe("unknown");
});

test("countBySeverity() names every severity", () => {
  const counts = countBySeverity([{ severity: "high" }, { severity: "high" }, { severity: "unknown" }]);
  expect(counts).toEqual({ critical: 0, high: 2, medium: 0, low: 0, unknown: 1 });
});
