import { expect, test } from "vitest";
import {
  attemptOfRun,
  claimAttempt,
  cutAttempt,
  mayBeHealthy,
  unfinishedAttempt,
} from "../../../src/domain/rollback/interrupted.ts";
import { record, rollout, run, stateOf } from "./records.ts";

const deploying = record(9, { status: "deploying" });

test("unfinishedAttempt() puts a rollout and its record together", () => {
  expect(unfinishedAttempt(stateOf([deploying], rollout()))).toEqual({
    run,
    record: deploying,
    rollout: rollout(),
  });
});

test("cutAttempt() finds the newest attempt alone, and only where a cancel ended it", () => {
  const cut = record(9, { status: "bad", cutShort: true });
  expect(cutAttempt(stateOf([cut, record(1)]))).toEqual({ run, record: cut });
  expect(cutAttempt(stateOf([record(10), cut]))).toBeUndefined();
  expect(cutAttempt(stateOf([record(9, { status: "bad" })]))).toBeUndefined();
  expect(cutAttempt(stateOf([record(9, { status: "rolled-back", cutShort: true })]))).toBeUndefined();
  expect(cutAttempt(stateOf([]))).toBeUndefined();
});

test.each([
  { name: "nothing at all", state: stateOf([]) },
  { name: "a finished record", state: stateOf([record(1)]) },
])("unfinishedAttempt() finds none in $name", ({ state }) => {
  expect(unfinishedAttempt(state)).toBeUndefined();
});

test("unfinishedAttempt() finds a rollout whose record is gone", () => {
  expect(unfinishedAttempt(stateOf([], rollout()))).toEqual({ run, rollout: rollout() });
});

test("unfinishedAttempt() does not take a good record for the one to undo", () => {
  expect(unfinishedAttempt(stateOf([record(9)], rollout()))?.record).toBeUndefined();
});

test.each([
  { name: "its open record", records: [deploying], id: "100", found: "record-9" },
  { name: "its bad record", records: [record(9, { status: "bad" })], id: "100", found: "record-9" },
  { name: "no good record", records: [record(9)], id: "100", found: undefined },
  { name: "no record of another run", records: [deploying], id: "200", found: undefined },
  {
    name: "nothing before its newest record, which is good",
    records: [record(10), deploying],
    id: "100",
    found: undefined,
  },
])("attemptOfRun() finds $name", ({ records, id, found }) => {
  expect(attemptOfRun(stateOf(records), id)?.record?.id).toBe(found);
});

test("attemptOfRun() leaves the rollout of another run alone", () => {
  expect(attemptOfRun(stateOf([], rollout()), "200")).toBeUndefined();
});

const before = Date.parse("2026-11-22T04:30:00Z");
const after = Date.parse("2026-11-22T05:30:00Z");

test.each([
  { name: "a run that has ended", isOver: true, now: before, kind: "free", says: "" },
  { name: "a run that has ended and whose time is over", isOver: true, now: after, kind: "free", says: "" },
  {
    name: "a run at work",
    isOver: false,
    now: before,
    kind: "live",
    says: "run 100, attempt 1 is still at work on it",
  },
  {
    name: "a run at work whose time is over",
    isOver: false,
    now: after,
    kind: "live",
    says: "still at work",
  },
  {
    name: "a run nobody knows of",
    isOver: undefined,
    now: before,
    kind: "unknown",
    says: "GitHub does not say whether run 100, attempt 1 has ended",
  },
  {
    name: "an old rollout of a run nobody knows of",
    isOver: undefined,
    now: after,
    kind: "unknown",
    says: "its time is over, but GitHub does not say",
  },
])("claimAttempt() finds $name $kind", ({ isOver, now, kind, says }) => {
  const claim = claimAttempt({ run, rollout: rollout() }, { isOver, now });
  expect(claim.kind).toBe(kind);
  expect(claim.kind === "free" ? "" : claim.reason).toContain(says);
});

test.each([
  { name: "a revision of its own", revision: 2, isHealthy: true },
  { name: "only what was there before", revision: 1, isHealthy: false },
])("mayBeHealthy() of an attempt whose run ended with $name", ({ revision, isHealthy }) => {
  const attempt = { run, record: record(2, { status: "deploying", previousRevision: 1 }) };
  const newest = {
    revision,
    status: "deployed",
    description: "",
    chart: "",
    appVersion: "",
    updated: "",
  } as const;
  expect(mayBeHealthy(attempt, newest, "another")).toBe(isHealthy);
});
