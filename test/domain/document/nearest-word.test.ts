import { expect, test } from "vitest";
import { editDistance, nearestWords } from "../../../src/domain/document/nearest-word.ts";

const known = [
  "http_requests_total",
  "http_request_duration_seconds_bucket",
  "process_cpu_seconds_total",
  "up",
];

test.each([
  { asked: "http_request_total", near: ["http_requests_total"] },
  { asked: "requests_http_total", near: ["http_requests_total"] },
  { asked: "http_duration_seconds_bucket", near: ["http_request_duration_seconds_bucket"] },
  { asked: "orders", near: [] },
  { asked: "", near: [] },
])("nearestWords() finds $near for $asked", ({ asked, near }) => {
  expect(nearestWords(asked, known, 3)).toEqual(near);
});

test.each([
  { left: "kitten", right: "sitting", distance: 3 },
  { left: "", right: "abc", distance: 3 },
  { left: "same", right: "same", distance: 0 },
])("editDistance() from $left to $right is $distance", ({ left, right, distance }) => {
  expect(editDistance(left, right)).toBe(distance);
});
