import { expect, test } from "vitest";
import { deploymentPayload } from "../../../src/domain/record/deployment-payload.ts";
import { type DeployRecord, fitRecords } from "../../../src/domain/record/record.ts";
import { record } from "../rollback/records.ts";

const long = (n: number, change: Partial<DeployRecord> = {}): DeployRecord => ({
  ...record(n, change),
  reason: "x".repeat(30_000),
});

test("few records stay as they are", () => {
  const records = [record(2), record(1)];
  expect(fitRecords(records)).toBe(records);
});

test("records that a ConfigMap cannot hold go, oldest first, but the way back stays", () => {
  const failed = Array.from({ length: 30 }, (_, at) => long(40 - at, { status: "bad" }));
  const good = record(1, { status: "good" });
  const kept = fitRecords([...failed, good]);
  expect(JSON.stringify(kept).length).toBeLessThan(500_000);
  expect(kept.length).toBeGreaterThan(5);
  expect(kept[0]).toEqual(failed[0]);
  expect(kept.at(-1)).toEqual(good);
});

test("a GitHub Deployment says which attempt it is of, and what it brings", () => {
  const payload = deploymentPayload(record(3, { previousCommit: "c0ffee", previousRecord: "r2" }));
  expect(payload).toMatchObject({ record: record(3).id, run: record(3).run.id, previousCommit: "c0ffee" });
  expect(JSON.stringify(payload).length).toBeLessThan(2000);
});
