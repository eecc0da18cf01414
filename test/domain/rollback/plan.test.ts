import { expect, test } from "vitest";
import type { DeployRecord } from "../../../src/domain/record/record.ts";
import type { RolloutState } from "../../../src/domain/record/state.ts";
import { parseTarget } from "../../../src/domain/rollback/handle.ts";
import { attemptOfRun, unfinishedAttempt } from "../../../src/domain/rollback/interrupted.ts";
import { isIdle, planReturn, planUndo } from "../../../src/domain/rollback/plan.ts";
import { history, record, rollout, stateOf } from "./records.ts";

interface Case {
  readonly name: string;
  readonly helm: string;
  readonly records: readonly DeployRecord[];
  readonly rollout?: RolloutState;
  readonly candidate?: string;
  readonly isStableReady?: boolean;
  readonly to?: string;
}

function worldOf(one: Case) {
  return {
    release: "web",
    state: stateOf(one.records, one.rollout),
    history: history(one.helm),
    isStableReady: one.isStableReady ?? true,
    ...(one.candidate === undefined ? {} : { candidateRelease: one.candidate }),
  };
}

const last = { handle: parseTarget("last-good"), allowUnverified: false };

function undo(one: Case) {
  const world = worldOf(one);
  const attempt = attemptOfRun(world.state, "100");
  if (attempt === undefined) throw new Error("the case has no attempt");
  return planUndo(world, attempt, { ...last, isAutomatic: true });
}

const deploying = (revision: number, change: Partial<DeployRecord> = {}) =>
  record(9, { status: "deploying", revision, previousRevision: 1, ...change });

test.each<Case & { readonly plan: object }>([
  {
    name: "takes a canary away and leaves the stable release",
    helm: "1 deployed",
    records: [deploying(1), record(1)],
    rollout: rollout(),
    plan: { traffic: "first", candidateRelease: "web-candidate", from: 1 },
  },
  {
    name: "undoes a rolling deploy that came up and failed later",
    helm: "1 superseded, 2 deployed",
    records: [deploying(2), record(1)],
    plan: { traffic: "none", target: { revision: 1 }, from: 2 },
  },
  {
    name: "undoes a rolling deploy that failed and was kept",
    helm: "1 deployed, 2 failed",
    records: [deploying(2, { status: "bad" }), record(1)],
    plan: { traffic: "none", target: { revision: 1 } },
  },
  {
    name: "undoes a lock that was left behind",
    helm: "1 deployed, 2 pending-upgrade",
    records: [deploying(1), record(1)],
    plan: { target: { revision: 1 } },
  },
  {
    name: "undoes a promotion: traffic first, then the stable release",
    helm: "1 superseded, 2 deployed",
    records: [deploying(2), record(1)],
    rollout: rollout({ phase: "promoting" }),
    plan: { traffic: "first", candidateRelease: "web-candidate", target: { revision: 1 } },
  },
  {
    name: "keeps traffic on the candidate until the stable release is back, where none of it is ready",
    helm: "1 deployed, 2 failed",
    records: [deploying(2), record(1)],
    rollout: rollout({ phase: "promoting" }),
    isStableReady: false,
    plan: { traffic: "last", candidateRelease: "web-candidate", target: { revision: 1 } },
  },
])("planUndo() $name", ({ plan, ...one }) => {
  const made = undo(one);
  expect(made).toMatchObject({ problems: [], undone: { id: "record-9" }, ...plan });
  expect("target" in made).toBe("target" in plan);
});

test.each<Case>([
  {
    name: "a deploy that rolled itself back",
    helm: "1 superseded, 2 failed, 3 deployed Rollback to 1",
    records: [deploying(2, { status: "bad" }), record(1)],
  },
  { name: "a deploy that ended before Helm began", helm: "1 deployed", records: [deploying(1), record(1)] },
])("planUndo() has nothing to do after $name", (one) => {
  expect(isIdle(undo(one))).toBe(true);
});

test("planUndo() still takes the canary away when the stable release has no way back", () => {
  const one = {
    name: "",
    helm: "1 superseded, 2 failed",
    records: [deploying(2)],
    rollout: rollout({ phase: "promoting" }),
  };
  expect(undo(one)).toMatchObject({
    traffic: "first",
    candidateRelease: "web-candidate",
    problems: [
      "Cannot roll back web: no revision is proven good; revision 1 is unverified: allow-unverified takes it",
    ],
  });
});

test("planUndo() says that a first install has no way back", () => {
  const { previousRevision: _none, ...first } = deploying(1);
  expect(undo({ name: "", helm: "1 failed", records: [first] })).toMatchObject({
    first: "web",
    traffic: "none",
    problems: [],
  });
});

test("planReturn() does not call a good version without a predecessor a first install that failed", () => {
  const made = giveBack({ name: "", helm: "1 deployed", records: [record(1)] });
  expect(made.first).toBeUndefined();
  expect(made.problems).toEqual(["Cannot roll back web: there is no earlier revision to return to"]);
});

function giveBack(one: Case) {
  const world = worldOf(one);
  const handle = parseTarget(one.to ?? "last-good");
  return planReturn(world, unfinishedAttempt(world.state), {
    handle,
    isAutomatic: false,
    allowUnverified: false,
  });
}

test.each<Case & { readonly plan: object }>([
  {
    name: "leaves a good version for the one before",
    helm: "1 superseded, 2 deployed",
    records: [record(2), record(1)],
    plan: { target: { revision: 1 }, undone: { id: "record-2" }, traffic: "none" },
  },
  {
    name: "takes the newest change for what is meant: the canary",
    helm: "1 superseded, 2 deployed",
    records: [record(9, { status: "deploying", revision: 2, previousRevision: 2 }), record(2), record(1)],
    rollout: rollout(),
    plan: { candidateRelease: "web-candidate", traffic: "first", undone: { id: "record-9" } },
  },
  {
    name: "ends a canary on the way to a named revision",
    helm: "1 superseded, 2 deployed",
    records: [record(9, { status: "deploying", revision: 2, previousRevision: 2 }), record(2), record(1)],
    rollout: rollout(),
    to: "1",
    plan: { candidateRelease: "web-candidate", traffic: "first", target: { revision: 1 } },
  },
  {
    name: "finds a candidate that no rollout speaks of",
    helm: "1 superseded, 2 deployed",
    records: [record(2), record(1)],
    candidate: "web-candidate",
    plan: { candidateRelease: "web-candidate", traffic: "first" },
  },
])("planReturn() $name", ({ plan, ...one }) => {
  const made = giveBack(one);
  expect(made).toMatchObject({ problems: [], ...plan });
  expect("target" in made).toBe("target" in plan);
});

test("planReturn() does nothing about a revision that is deployed already", () => {
  const made = giveBack({ name: "", helm: "1 superseded, 2 deployed", records: [record(2)], to: "2" });
  expect(isIdle(made)).toBe(true);
  expect(made.notes).toEqual(["Release web is at revision 2 already"]);
});
