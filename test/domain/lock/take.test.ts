import { expect, test } from "vitest";
import { identityOf } from "../../../src/domain/lock/holder.ts";
import {
  decidePreempt,
  decideTake,
  type Knowledge,
  type PreemptKnowledge,
  whyLost,
} from "../../../src/domain/lock/take.ts";
import { ago, intentOf, leaseHeld, now, other, self, stepOf } from "./states.ts";

const knowing = (change: Partial<PreemptKnowledge> = {}): PreemptKnowledge => ({
  release: "web",
  self,
  isOver: undefined,
  unchangedMs: 0,
  wasRenewed: false,
  now,
  waitedMs: 0,
  ...change,
});

const rollback = stepOf("9", "rollback", "rollback rollback");
const { version: _version, ...never } = leaseHeld({ holder: "", step: "", acquiredAt: "", renewedAt: "" });

const taken: readonly {
  name: string;
  lease: ReturnType<typeof leaseHeld>;
  known?: Partial<Knowledge>;
  is: string;
}[] = [
  { name: "there is none", lease: never, is: "fresh" },
  { name: "nobody holds it", lease: leaseHeld({ holder: "" }), is: "free" },
  {
    name: "a step before in this job holds it",
    lease: leaseHeld({ holder: identityOf(stepOf("100")) }),
    is: "ours",
  },
  { name: "GitHub says its job has ended", lease: leaseHeld(), known: { isOver: true }, is: "over" },
  {
    name: "nobody renewed it while we watched",
    lease: leaseHeld({ renewedAt: ago(90) }),
    known: { unchangedMs: 40_000 },
    is: "expired",
  },
  {
    name: "a rollback wanted it whose job has ended",
    lease: leaseHeld({ holder: "", intent: intentOf(rollback, ago(3)) }),
    known: { isOver: true },
    is: "over",
  },
];

test.each(taken)("decideTake() takes it when $name", ({ lease, known, is }) => {
  expect(decideTake(lease, knowing(known))).toEqual({ kind: "take", from: is });
});

const refused: readonly {
  name: string;
  lease: ReturnType<typeof leaseHeld>;
  known?: Partial<Knowledge>;
  says: string;
}[] = [
  {
    name: "GitHub says its job is at work, however old it looks",
    lease: leaseHeld({ renewedAt: ago(9000) }),
    known: { isOver: false, unchangedMs: 90_000 },
    says: "Release web is in the hands of helm-deploy deploy (https://github.com/acme/web/actions/runs/7/attempts/1, job deploy) since 2026-01-01T11:59:00Z: GitHub says that job is at work, so it is free when the job ends or is cancelled",
  },
  {
    name: "it was renewed lately and nobody can say more",
    lease: leaseHeld(),
    says: "since 2026-01-01T11:59:00Z: it was renewed 5 s ago, so it is free when its holder ends, or 40 s after its last sign of life",
  },
  {
    name: "it was renewed while we watched",
    lease: leaseHeld({ renewedAt: ago(9000) }),
    known: { wasRenewed: true, unchangedMs: 90_000 },
    says: "it was renewed while we watched, so it is free when its holder ends",
  },
  {
    name: "another job of the same run holds it",
    lease: leaseHeld({ holder: identityOf(stepOf("100", "recover")) }),
    says: "job recover",
  },
  {
    name: "a rollback is about to take it",
    lease: leaseHeld({ holder: "", intent: intentOf(rollback, ago(3)) }),
    says: "Release web is about to be taken by a rollback of ann (https://github.com/acme/web/actions/runs/9/attempts/1, job rollback)",
  },
  { name: "somebody holds it by hand", lease: leaseHeld({ holder: "ann's laptop" }), says: "(ann's laptop)" },
];

test.each(refused)("decideTake() refuses when $name", ({ lease, known, says }) => {
  const decision = decideTake(lease, knowing(known));
  expect(decision.kind === "refuse" ? decision.reason : decision.kind).toContain(says);
});

test.each([
  { name: "that looks old by our clock", renewedAt: ago(41), unchangedMs: 0 },
  { name: "until its whole duration has passed", renewedAt: ago(9000), unchangedMs: 39_999 },
  { name: "whose holder's clock is ahead of ours", renewedAt: ago(-3600), unchangedMs: 0 },
])("decideTake() watches a Lease $name", ({ renewedAt, unchangedMs }) => {
  expect(decideTake(leaseHeld({ renewedAt }), knowing({ unchangedMs }))).toEqual({ kind: "observe" });
});

test.each([
  { name: "waits for a deploy to yield", lease: leaseHeld(), known: { waitedMs: 14_999 }, is: "observe" },
  {
    name: "takes it from a deploy that has yielded",
    lease: leaseHeld({ holder: "" }),
    known: { waitedMs: 900 },
    is: "yielded",
  },
  {
    name: "takes it from a deploy after 15 s",
    lease: leaseHeld(),
    known: { waitedMs: 15_000, isOver: false },
    is: "forced",
  },
  { name: "does not wait for a job that has ended", lease: leaseHeld(), known: { isOver: true }, is: "over" },
  { name: "takes a free one at once", lease: leaseHeld({ holder: "" }), known: {}, is: "free" },
  {
    name: "passes by the wish of another rollback",
    lease: leaseHeld({ holder: "", intent: intentOf(rollback, ago(1)) }),
    known: {},
    is: "free",
  },
  {
    name: "waits for another rollback",
    lease: leaseHeld({ step: rollback.step }),
    known: { waitedMs: 9000 },
    is: "observe",
  },
  {
    name: "leaves another rollback that is alive alone",
    lease: leaseHeld({ step: rollback.step }),
    known: { waitedMs: 15_000, wasRenewed: true },
    is: "refuse",
  },
  {
    name: "goes on watching another rollback that says nothing",
    lease: leaseHeld({ step: rollback.step }),
    known: { waitedMs: 30_000, unchangedMs: 30_000 },
    is: "observe",
  },
  {
    name: "takes it from another rollback that has died",
    lease: leaseHeld({ step: rollback.step }),
    known: { waitedMs: 40_000, unchangedMs: 40_000 },
    is: "expired",
  },
])("decidePreempt() $name", ({ lease, known, is }) => {
  const decision = decidePreempt(lease, knowing(known));
  expect(decision.kind === "take" ? decision.from : decision.kind).toBe(is);
});

test.each([
  { name: "it is still its own", lease: leaseHeld(), holder: other, says: undefined },
  {
    name: "another run holds it",
    lease: leaseHeld({ step: "rollback rollback" }),
    holder: self,
    says: "Yielded: the release is in the hands of rollback rollback",
  },
  { name: "it was emptied", lease: leaseHeld({ holder: "" }), holder: self, says: "taken away" },
  {
    name: "a rollback wants it",
    lease: leaseHeld({ intent: intentOf(rollback, ago(1)) }),
    holder: other,
    says: "Yielded to a rollback of ann (https://github.com/acme/web/actions/runs/9/attempts/1, job rollback): loses orders",
  },
  {
    name: "one rollback wants it from another",
    lease: leaseHeld({ holder: identityOf(rollback), intent: intentOf(stepOf("11", "rollback"), ago(1)) }),
    holder: rollback,
    says: undefined,
  },
])("whyLost() when $name", ({ lease, holder, says }) => {
  const why = whyLost(lease, holder);
  if (says === undefined) expect(why).toBeUndefined();
  else expect(why).toContain(says);
});
