import { expect, test } from "vitest";
import {
  type Criteria,
  describeCriteria,
  meets,
  parseCriterion,
} from "../../../src/domain/canary/criterion.ts";
import {
  addMeasurement,
  judgeMeasurements,
  type Measurement,
  type MeasureRule,
  measure,
  noMeasurements,
} from "../../../src/domain/canary/measurement.ts";

const of = (...texts: readonly string[]): Criteria => texts.map((text) => parseCriterion(text) ?? []);

test.each([
  ["< 600", 599, undefined, true],
  ["< 600", 600, undefined, false],
  ["<= 600", 600, undefined, true],
  ["= 1", 1, undefined, true],
  ["> 4.0", 4.1, undefined, true],
  [">= 0.9, <= 1.1", 1.2, undefined, false],
  [">= 0.9, <= 1.1", 1.1, undefined, true],
  ["<= +10%", 110, 100, true],
  ["<= +10%", 111, 100, false],
  ["<= 10%", 110, 100, true],
  [">= -5%", 94, 100, false],
  ["<= +3", 103, 100, true],
  ["<= +3", 104, 100, false],
  ["<= +10%", 1, undefined, undefined],
  ["< 600", Number.NaN, undefined, undefined],
] as const)("%s of %s against %s is %s", (text, value, baseline, wanted) => {
  expect(meets(of(text), { value, baseline })).toBe(wanted);
});

test("alternatives: one that holds is enough, though another cannot be asked", () => {
  expect(meets(of("<= +10%", "< 600"), { value: 5, baseline: undefined })).toBe(true);
  expect(meets(of("<= +10%", "< 600"), { value: 700, baseline: undefined })).toBeUndefined();
});

test.each(["600", "about 5", "< five", "<< 5", "", "< 5,"])("%j is no criterion", (text) => {
  expect(parseCriterion(text)).toBeUndefined();
});

test("criteria are shown as they are meant", () => {
  expect(describeCriteria(of(">= 0.9, <= 1.1", "<= 10%", "< -3"))).toBe(
    ">= 0.9 and <= 1.1 or <= baseline +10 % or < baseline -3",
  );
});

const rule: MeasureRule = {
  failureLimit: 0,
  inconclusiveLimit: 0,
  consecutiveErrors: 4,
  consecutiveSuccesses: 0,
};
const at = (value: number | undefined): Measurement => ({ value, baseline: undefined });

test.each([
  { name: "pass alone: what does not pass fails", rule: { pass: of("< 1") }, value: 2, said: "failed" },
  { name: "fail alone: what does not fail passes", rule: { fail: of("> 1") }, value: 0.5, said: "passed" },
  {
    name: "both: neither is inconclusive",
    rule: { pass: of("< 1"), fail: of("> 2") },
    value: 1.5,
    said: "inconclusive",
  },
  { name: "both: fail wins", rule: { pass: of("< 3"), fail: of("> 2") }, value: 2.5, said: "failed" },
  {
    name: "a warning is neither",
    rule: { pass: of("< 1"), warning: of("< 2") },
    value: 1.5,
    said: "inconclusive",
  },
  { name: "NaN with fail alone is no pass", rule: { fail: of("> 1") }, value: Number.NaN, said: "error" },
  { name: "no value with pass alone is no fail", rule: { pass: of("< 1") }, value: undefined, said: "error" },
  { name: "a relative one without a baseline", rule: { fail: of("> +10%") }, value: 1, said: "error" },
])("$name", ({ rule: criteria, value, said }) => {
  expect(measure({ ...rule, ...criteria }, at(value))).toBe(said);
});

function judged(limits: Partial<MeasureRule>, values: readonly (number | undefined)[]) {
  const whole: MeasureRule = { ...rule, pass: of("< 1"), fail: of("> 2"), ...limits };
  return judgeMeasurements(
    whole,
    values.reduce((state, value) => addMeasurement(whole, state, at(value)), noMeasurements),
  );
}

test.each([
  { name: "one fail is one too many by default", limits: {}, values: [0, 3], kind: "failed" },
  {
    name: "a limit lets so many fails through",
    limits: { failureLimit: 2 },
    values: [3, 3, 0],
    kind: "passed",
  },
  { name: "and not one more", limits: { failureLimit: 2 }, values: [3, 3, 0, 3], kind: "failed" },
  {
    name: "four errors in a row are borne",
    limits: {},
    values: [0, undefined, undefined, undefined, undefined],
    kind: "passed",
  },
  { name: "the fifth is not", limits: {}, values: [0, ...Array(5).fill(undefined)], kind: "unusable" },
  {
    name: "a value in between begins anew",
    limits: {},
    values: [...Array(4).fill(undefined), 0, ...Array(4).fill(undefined)],
    kind: "passed",
  },
  { name: "neither, once too often", limits: {}, values: [0, 1.5], kind: "open" },
  { name: "neither comes before a fail", limits: {}, values: [1.5, 3], kind: "open" },
  { name: "nothing seen is no pass", limits: {}, values: [], kind: "open" },
  { name: "errors alone are no pass", limits: {}, values: [undefined], kind: "open" },
])("$name", ({ limits, values, kind }) => {
  expect(judged(limits, values).kind).toBe(kind);
});

test("a fail tells value, criterion and limit", () => {
  expect(judged({ failureLimit: 1 }, [3, 4]).sentence).toBe(
    "2 looks failed, the last value was 4, wanted < 1, 1 allowed",
  );
});

test.each([
  { values: [5, 5], kind: "open" },
  { values: [5, 5, 5], kind: "passed" },
  { values: [5, 5, 15, 5], kind: "open" },
  { values: [5, 5, 5, undefined], kind: "open" },
  { values: [15, 5, 5, 5], kind: "passed" },
  { values: [5, 5, 5, 15], kind: "open" },
])("consecutive-successes 3 of $values is $kind", ({ values, kind }) => {
  const three: MeasureRule = { ...rule, pass: of("< 10"), failureLimit: 1, consecutiveSuccesses: 3 };
  const state = values.reduce(
    (known, value) => addMeasurement(three, known, { value, baseline: undefined }),
    noMeasurements,
  );
  expect(judgeMeasurements(three, state).kind).toBe(kind);
});
