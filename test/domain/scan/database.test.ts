import { expect, test } from "vitest";
import { ageGaps, coverageGaps } from "../../../src/domain/scan/database.ts";

const recordedAt = "2026-11-01T00:00:00Z";
const hourMs = 3_600_000;
const database = { name: "mirror", recordedAt, parts: [] };

test.each([
  { name: "accepts a young one", laterMs: hourMs, gaps: [] },
  { name: "accepts one of exactly the age allowed", laterMs: 24 * hourMs, gaps: [] },
  { name: "accepts a clock a little behind", laterMs: -hourMs, gaps: [] },
  {
    name: "names the age of an old one",
    laterMs: 49 * hourMs,
    gaps: ['The vulnerability database "mirror" is 49 h 0 min old, allowed 24 h 0 min'],
  },
])("ageGaps() $name", ({ laterMs, gaps }) => {
  const nowMs = Date.parse(recordedAt) + laterMs;
  expect(ageGaps({ database, maxAgeMs: 24 * hourMs, nowMs })).toEqual(gaps);
});

test.each(["yesterday", "2036-01-01T00:00:00Z"])("ageGaps() does not believe %s", (stated) => {
  const use = {
    database: { ...database, recordedAt: stated },
    maxAgeMs: hourMs,
    nowMs: Date.parse(recordedAt),
  };
  expect(ageGaps(use)).toHaveLength(1);
});

const npm = { ecosystem: "npm", records: 7, sha256: "" };

test.each([
  { name: "is content when every ecosystem has records", packages: { npm: 3 }, parts: [npm], gaps: 0 },
  {
    name: "reads Debian:12 as Debian",
    packages: { "Debian:12": 9 },
    parts: [{ ...npm, ecosystem: "Debian" }],
    gaps: 0,
  },
  { name: "misses an ecosystem without an archive", packages: { npm: 3, PyPI: 1 }, parts: [npm], gaps: 1 },
  {
    name: "misses an archive without records",
    packages: { npm: 3 },
    parts: [{ ...npm, records: 0 }],
    gaps: 1,
  },
  { name: "passes over packages without an ecosystem", packages: { "": 2 }, parts: [npm], gaps: 0 },
])("coverageGaps() $name", ({ packages, parts, gaps }) => {
  expect(coverageGaps(packages as Readonly<Record<string, number>>, parts)).toHaveLength(gaps);
});
