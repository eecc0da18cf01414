import { expect, test } from "vitest";
import { disagreement, recreated, schemaObstacle } from "../../../src/domain/rollback/obstacles.ts";
import { workload } from "./objects.ts";
import { record } from "./records.ts";

test.each([
  {
    name: "blocks a target that knows a lower level than a later deploy",
    records: [record(2, { schemaLevel: 4 }), record(1, { schemaLevel: 3 })],
    says: "the data is at schema level 4 since record record-2, and revision 1 knows level 3",
  },
  {
    name: "blocks a target that was told no level",
    records: [record(2, { schemaLevel: 1 }), record(1)],
    says: "knows level 0",
  },
  {
    name: "finds the highest level behind a newer record without one",
    records: [record(3), record(2, { schemaLevel: 4 }), record(1)],
    says: "since record record-2",
  },
  {
    name: "passes an attempt that never touched anything",
    records: [record(2, { schemaLevel: 4, status: "bad", untouched: true }), record(1)],
    says: undefined,
  },
  {
    name: "passes the same level",
    records: [record(2, { schemaLevel: 4 }), record(1, { schemaLevel: 4 })],
    says: undefined,
  },
  { name: "passes where nobody speaks of levels", records: [record(2), record(1)], says: undefined },
])("schemaObstacle() $name", ({ records, says }) => {
  const found = schemaObstacle(records, records.at(-1), "revision 1");
  if (says === undefined) expect(found).toBeUndefined();
  else expect(found).toContain(says);
});

test("schemaObstacle() blocks a revision without a record where any deploy was told a level", () => {
  expect(schemaObstacle([record(2, { schemaLevel: 1 })], undefined, "revision 1")).toContain("level 1");
});

test("recreated() names workloads that stop before they start again", () => {
  expect(recreated([workload("Deployment", { strategy: { type: "Recreate" } })])).toEqual(["Deployment web"]);
  expect(recreated([workload("Deployment")])).toEqual([]);
});

const known = record(1, { manifestDigest: "sha256:aa", rollbackTo: "record-0" });

test.each([
  { name: "the same digest", helm: { manifestDigests: ["sha256:aa"], record: undefined }, agrees: true },
  { name: "the digest with hooks", helm: { manifestDigests: ["x", "sha256:aa"], record: "x" }, agrees: true },
  { name: "the record in its label", helm: { manifestDigests: ["x"], record: "record-1" }, agrees: true },
  {
    name: "the record that a rollback returned to",
    helm: { manifestDigests: ["x"], record: "record-0" },
    agrees: true,
  },
  { name: "another digest and no label", helm: { manifestDigests: ["x"], record: undefined }, agrees: false },
  { name: "another digest and record", helm: { manifestDigests: ["x"], record: "record-7" }, agrees: false },
])("disagreement() judges $name", ({ helm, agrees }) => {
  expect(disagreement(known, helm) === undefined).toBe(agrees);
});

test.each([{ one: undefined }, { one: record(1) }])("disagreement() has nothing to compare", ({ one }) => {
  expect(disagreement(one, { manifestDigests: ["x"], record: undefined })).toBeUndefined();
});
