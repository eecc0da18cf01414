import { expect, test } from "vitest";
import { meanRollbackTime } from "../../../src/domain/rollback/mean-time.ts";
import { record } from "./records.ts";

test("meanRollbackTime() knows none without a rollback", () => {
  expect(meanRollbackTime([record(1)])).toBeUndefined();
});

test("meanRollbackTime() counts the latest one too", () => {
  const records = [record(3, { rollbackSeconds: 4 }), record(2), record(1, { rollbackSeconds: 8.5 })];
  expect(meanRollbackTime(records)).toEqual({ seconds: 6.3, count: 2 });
  expect(meanRollbackTime(records, 2.5)).toEqual({ seconds: 5, count: 3 });
});
