import { expect, test } from "vitest";
import {
  addRecord,
  changeRecord,
  type DeployRecord,
  keptRecords,
  lastGood,
  mergeGates,
  type RecordStatus,
} from "../../../src/domain/record/record.ts";
import { emptyState, holdOn, type RolloutState, withRollout } from "../../../src/domain/record/state.ts";

function record(id: string, status: RecordStatus, revision?: number): DeployRecord {
  return {
    id,
    release: "web",
    namespace: "production",
    environment: "production",
    strategy: "rolling",
    digest: `sha256:${id}`,
    images: [],
    chart: "web-1",
    manifestDigest: "",
    valuesDigest: "",
    status,
    verdicts: [],
    commit: "",
    actor: "",
    run: { repository: "acme/web", id: "1", attempt: 1, job: "deploy", url: "" },
    startedAt: "",
    reason: "",
    ...(revision === undefined ? {} : { revision }),
  };
}

const records = [
  record("d", "bad", 4),
  record("c", "observed", 3),
  record("b", "good", 2),
  record("a", "good", 1),
];

test("lastGood() returns proven ones, and observed ones only where they are accepted", () => {
  expect(lastGood(records)?.id).toBe("b");
  expect(lastGood(records, ["good", "observed"])?.id).toBe("c");
  expect(lastGood([record("x", "good")])).toBeUndefined();
});

test("addRecord() puts the newest first and replaces the same id", () => {
  expect(addRecord(records, record("e", "deploying")).map(({ id }) => id)).toEqual(["e", "d", "c", "b", "a"]);
  expect(addRecord(records, record("b", "bad", 2)).map(({ id }) => id)).toEqual(["b", "d", "c", "a"]);
});

test("addRecord() keeps the way back, however many attempts fail after it", () => {
  let kept: readonly DeployRecord[] = [record("good", "good", 1)];
  for (let n = 0; n < keptRecords * 2; n++) kept = addRecord(kept, record(`bad-${n}`, "bad", n + 2));
  expect(kept).toHaveLength(keptRecords);
  expect(lastGood(kept)?.id).toBe("good");
});

test("changeRecord() touches the one record", () => {
  const closed = changeRecord([record("e", "deploying"), ...records], "e", {
    status: "good",
    finishedAt: "now",
    revision: 5,
  });
  expect(closed[0]).toMatchObject({ status: "good", finishedAt: "now", revision: 5 });
  expect(closed.slice(1)).toEqual(records);
  expect(changeRecord(records, "unknown", { status: "good" })).toEqual(records);
});

test("mergeGates() lets the last verdict of a gate count", () => {
  const gates = mergeGates(
    [
      { gate: "smoke-test", verdict: "fail" },
      { gate: "security-scan", verdict: "pass" },
    ],
    [{ gate: "smoke-test", verdict: "pass" }],
  );
  expect(gates).toEqual([
    { gate: "security-scan", verdict: "pass" },
    { gate: "smoke-test", verdict: "pass" },
  ]);
});

test("withRollout() sets and clears, holdOn() finds the ban of a digest alone", () => {
  const rollout = { weight: 5 } as RolloutState;
  expect(withRollout(emptyState, rollout).rollout).toBe(rollout);
  expect("rollout" in withRollout({ ...emptyState, rollout }, undefined)).toBe(false);
  const hold = { digest: "sha256:1", reason: "errors", actor: "ann", since: "", url: "" };
  expect(holdOn({ ...emptyState, holds: [hold] }, "sha256:1")).toBe(hold);
  expect(holdOn({ ...emptyState, holds: [hold] }, "sha256:2")).toBeUndefined();
});
