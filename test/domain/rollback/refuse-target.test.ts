import { expect, test } from "vitest";
import { type Case, choose } from "./choose.ts";
import { digestNumber, record } from "./records.ts";

const observed = { status: "observed", strategy: "observed" } as const;

test.each<Case & { readonly says: string }>([
  { name: "a release that Helm does not know", helm: "", says: "Helm has no revision of it" },
  {
    name: "a release that was removed",
    helm: "1 superseded, 2 uninstalled",
    records: [record(1)],
    says: "Helm has no revision of it",
  },
  {
    name: "the first version",
    helm: "1 deployed",
    records: [record(1)],
    says: "there is no earlier revision to return to",
  },
  {
    name: "a first version that never came up",
    helm: "1 pending-install",
    says: "there is no earlier revision to return to",
  },
  {
    name: "an unproven one by a person",
    helm: "1 superseded, 2 deployed",
    records: [record(2)],
    says: "no revision is proven good; revision 1 is unverified: allow-unverified takes it",
  },
  {
    name: "an observed one by a person",
    helm: "1 superseded, 2 deployed",
    records: [record(1, observed)],
    says: "revision 1 is observed: allow-unverified takes it",
  },
  {
    name: "an unproven one when automatic",
    helm: "1 superseded, 2 deployed",
    automatic: true,
    says: "revision 1 is unverified",
  },
  {
    name: "one that was bad",
    helm: "1 superseded, 2 deployed",
    records: [record(1, { status: "bad", reason: "pods crashed" })],
    allowUnverified: true,
    says: "revision 1 is not good: our record says pods crashed",
  },
  {
    name: "one that a failed rollback made look good",
    helm: '1 superseded, 2 failed Rollback "web" failed: timed out',
    allowUnverified: true,
    says: "revision 1 is not good: a failed rollback left it in doubt",
  },
  {
    name: "further back than versions are proven",
    helm: "1 superseded, 2 superseded, 3 deployed",
    records: [record(3), record(2)],
    to: "-2",
    says: "only 1 earlier versions are proven good, and -2 was asked for",
  },
  {
    name: "a revision that Helm does not have",
    helm: "4 superseded, 5 deployed",
    to: "3",
    says: "Helm has no revision 3 of it",
  },
  {
    name: "a revision from before the release was removed",
    helm: "1 superseded, 2 uninstalled, 3 deployed",
    to: "1",
    says: "revision 1 is from before it was removed",
  },
  {
    name: "a revision that failed",
    helm: "1 failed, 2 deployed",
    to: "1",
    allowUnverified: true,
    says: "revision 1 was never healthy: Helm calls it failed",
  },
  {
    name: "an unproven revision by number",
    helm: "1 superseded, 2 deployed",
    to: "1",
    says: "allow-unverified takes it",
  },
  {
    name: "a digest that nobody knows",
    helm: "1 superseded, 2 deployed",
    records: [record(1)],
    to: digestNumber(7),
    says: "no revision that Helm still has is known by that name",
  },
])("chooseTarget() refuses $name", ({ says, ...one }) => {
  const choice = choose(one);
  expect(choice.kind === "none" && choice.reason).toContain(says);
});
