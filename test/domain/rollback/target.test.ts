import { expect, test } from "vitest";
import { type Case, choose } from "./choose.ts";
import { digestNumber, record } from "./records.ts";

const observed = { status: "observed", strategy: "observed" } as const;

test.each<Case & { readonly revision: number; readonly proof: string }>([
  {
    name: "the good one before the one that is deployed",
    helm: "1 superseded, 2 deployed",
    records: [record(2), record(1)],
    revision: 1,
    proof: "good",
  },
  {
    name: "the deployed one when the newest failed",
    helm: "1 superseded, 2 deployed, 3 failed",
    records: [record(3, { status: "bad" }), record(2), record(1)],
    revision: 2,
    proof: "good",
  },
  {
    name: "the deployed one when the newest is locked",
    helm: "1 superseded, 2 deployed, 3 pending-upgrade",
    records: [record(2), record(1)],
    revision: 2,
    proof: "good",
  },
  {
    name: "a good one past those that failed or were rolled back",
    helm: "1 superseded, 2 superseded, 3 failed, 4 superseded, 5 deployed",
    records: [record(5), record(4, { status: "rolled-back" }), record(2, { status: "bad" }), record(1)],
    revision: 1,
    proof: "good",
  },
  {
    name: "a good one past one that nobody proved",
    helm: "1 superseded, 2 superseded, 3 deployed",
    records: [record(3), record(1)],
    revision: 1,
    proof: "good",
  },
  {
    name: "what a rollback came from when the rollback's revision is undone",
    helm: "1 superseded, 2 superseded, 3 superseded, 4 deployed Rollback to 2",
    records: [record(3, { status: "rolled-back" }), record(2), record(1)],
    revision: 1,
    proof: "good",
  },
  {
    name: "a revision that a rollback made, by the proof of its target",
    helm: "1 superseded, 2 superseded, 3 superseded Rollback to 1, 4 deployed",
    records: [record(4), record(2, { status: "bad" }), record(1)],
    revision: 3,
    proof: "good",
  },
  {
    name: "only what came after the release was removed",
    helm: "1 superseded, 2 uninstalled, 3 superseded, 4 deployed",
    records: [record(4), record(3), record(1)],
    revision: 3,
    proof: "good",
  },
  {
    name: "what was observed, when automatic",
    helm: "1 deployed, 2 failed",
    records: [record(1, observed)],
    automatic: true,
    revision: 1,
    proof: "observed",
  },
  {
    name: "what was observed later than the last good, when automatic",
    helm: "1 superseded, 2 superseded, 3 deployed",
    records: [record(3, { status: "deploying" }), record(2, observed), record(1)],
    automatic: true,
    revision: 2,
    proof: "observed",
  },
  {
    name: "an unproven one when that is allowed",
    helm: "1 superseded, 2 deployed",
    allowUnverified: true,
    revision: 1,
    proof: "unverified",
  },
  {
    name: "the good one even when unproven ones are allowed",
    helm: "1 superseded, 2 superseded, 3 deployed",
    records: [record(1)],
    allowUnverified: true,
    revision: 1,
    proof: "good",
  },
  {
    name: "a revision by number",
    helm: "1 superseded, 2 superseded, 3 deployed",
    records: [record(1)],
    to: "1",
    revision: 1,
    proof: "good",
  },
  {
    name: "a bad revision by number when that is allowed",
    helm: "1 superseded, 2 deployed",
    records: [record(1, { status: "bad" })],
    to: "1",
    allowUnverified: true,
    revision: 1,
    proof: "bad",
  },
  {
    name: "the last good one, as one back",
    helm: "1 superseded, 2 superseded, 3 deployed",
    records: [record(3), record(2), record(1)],
    to: "-1",
    revision: 2,
    proof: "good",
  },
  {
    name: "the second proven version back, past a bad one and one that came twice",
    helm: "1 superseded, 2 superseded, 3 superseded, 4 superseded Rollback to 2, 5 deployed",
    records: [record(5), record(3, { status: "bad" }), record(2), record(1)],
    to: "-2",
    revision: 1,
    proof: "good",
  },
  {
    name: "a good one past one that is on hold",
    helm: "1 superseded, 2 superseded, 3 pending-rollback",
    records: [record(2), record(1)],
    held: [digestNumber(2)],
    revision: 1,
    proof: "good",
  },
  {
    name: "a revision by digest",
    helm: "1 superseded, 2 superseded, 3 deployed",
    records: [record(2), record(1)],
    to: digestNumber(1),
    revision: 1,
    proof: "good",
  },
  {
    name: "a revision by commit",
    helm: "1 superseded, 2 superseded, 3 deployed",
    records: [record(2), record(1)],
    to: "1abcdef",
    revision: 1,
    proof: "good",
  },
  {
    name: "a revision by the version in its tag",
    helm: "1 superseded, 2 superseded, 3 deployed",
    records: [record(2), record(1)],
    to: "v1.1.0",
    revision: 1,
    proof: "good",
  },
  {
    name: "the newest revision of a digest",
    helm: "1 superseded, 2 superseded, 3 deployed",
    records: [record(2, { digest: digestNumber(1) }), record(1)],
    to: digestNumber(1),
    revision: 2,
    proof: "good",
  },
])("chooseTarget() takes $name", ({ revision, proof, ...one }) => {
  expect(choose(one)).toMatchObject({ kind: "target", revision, proof });
});

test.each<Case>([
  { name: "a revision by number", helm: "1 superseded, 2 deployed", to: "2" },
  {
    name: "a digest",
    helm: "1 superseded, 2 deployed",
    records: [record(2), record(1)],
    to: digestNumber(2),
  },
  {
    name: "a digest that a rollback brought back",
    helm: "1 superseded, 2 superseded, 3 deployed Rollback to 1",
    records: [record(1)],
    to: digestNumber(1),
  },
])("chooseTarget() says when $name is deployed already", (one) => {
  expect(choose(one).kind).toBe("current");
});

test.each([
  {
    name: "a canary that was tried beside it and failed",
    other: { status: "bad", previousRevision: 1 } as const,
  },
  { name: "an attempt that is not finished", other: { status: "deploying" } as const },
])("chooseTarget() believes the record of a revision in spite of $name", ({ other }) => {
  const records = [record(1, { id: "later", ...other }), record(1)];
  expect(choose({ name: "", helm: "1 superseded, 2 deployed", records })).toMatchObject({
    kind: "target",
    proof: "good",
  });
});
