import { expect, test } from "vitest";
import { liftHolds, withHold, withoutHold } from "../../../src/domain/rollback/hold.ts";
import { digestNumber, record, stateOf } from "./records.ts";

const hold = (n: number, reason = "errors") => ({
  digest: digestNumber(n),
  reason,
  actor: "octocat",
  since: "2026-11-22T04:00:00Z",
  url: "https://github.com/acme/shop",
});
const held = { ...stateOf([record(2), record(1)]), holds: [hold(1), hold(2)] };
const who = { actor: "hubot", reason: "it was the database" };

test("withHold() keeps the first word about a digest", () => {
  const again = withHold(withHold(stateOf([]), hold(1)), hold(1, "again"));
  expect(again.holds).toEqual([hold(1)]);
});

test("withHold() holds nothing without a digest", () => {
  expect(withHold(stateOf([]), { ...hold(1), digest: "" }).holds).toEqual([]);
});

test("withoutHold() frees what serves again, and changes nothing else", () => {
  expect(withoutHold(held, digestNumber(1)).holds).toEqual([hold(2)]);
  expect(withoutHold(held, digestNumber(7))).toBe(held);
});

test("liftHolds() lifts one digest and writes who and why into its record", () => {
  const { lifted, state } = liftHolds(held, { what: { kind: "digest", digest: digestNumber(2) }, ...who });
  expect(lifted).toEqual([hold(2)]);
  expect(state.holds).toEqual([hold(1)]);
  expect(state.records[0]?.reason).toBe("hold lifted by hubot: it was the database");
  expect(state.records[1]?.reason).toBe("");
});

test("liftHolds() lifts all of them", () => {
  expect(liftHolds(held, { what: { kind: "all" }, ...who }).state.holds).toEqual([]);
});

test("liftHolds() changes nothing where nothing is held", () => {
  const { lifted, state } = liftHolds(stateOf([record(1)]), { what: { kind: "all" }, ...who });
  expect(lifted).toEqual([]);
  expect(state.records[0]?.reason).toBe("");
});
