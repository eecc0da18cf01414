import { expect, test } from "vitest";
import { runPhase } from "../../../src/actions/helm-deploy/run.ts";
import { reasonsOf } from "../../../src/core/verdict.ts";
import type { TakenFrom } from "../../../src/domain/lock/take.ts";
import { emptyState, type ReleaseState } from "../../../src/domain/record/state.ts";
import { ago, leaseHeld } from "../../domain/lock/states.ts";
import { wholeDigest } from "./fake-objects.ts";
import { type FakeWorld, fakeSession, traffic } from "./fake-session.ts";
import { recordOf, rolloutOf, served, servedState } from "./states.ts";

async function deploy(world: FakeWorld, inputs: Readonly<Record<string, string>> = {}) {
  const fake = await fakeSession(inputs, world);
  const outcome = await runPhase(fake.session);
  return { ...fake, kind: outcome.verdict.kind, reasons: reasonsOf(outcome.verdict) };
}

const foreign = recordOf("foreign", { status: "deploying", digest: wholeDigest("c"), run: { id: "7" } });
const left: ReleaseState = { ...emptyState, records: [foreign, ...servedState.records] };
const locked = {
  web: [
    { revision: 1, status: "deployed" },
    { revision: 2, status: "pending-upgrade" },
  ],
};

test.each([
  {
    name: "a run that is at work",
    world: { state: left, helm: served.helm ?? {}, isOver: false },
    says: "Release web is being deployed: run 7, attempt 1 is still at work on it",
  },
  {
    name: "a lock whose run nobody can ask about",
    world: { state: left, helm: locked },
    says: "Release web is not free: GitHub does not say whether run 7, attempt 1 has ended",
  },
  {
    name: "a lock without a record",
    world: { state: servedState, helm: locked },
    says: "Release web is locked by Helm (pending-upgrade at revision 2) and no record says by which run: bring it home by hand",
  },
  {
    name: "a canary that was left, when rolling",
    world: {
      state: {
        ...left,
        rollout: rolloutOf({
          record: "foreign",
          run: { repository: "acme/web", id: "7", attempt: 1, job: "deploy" },
        }),
      },
      helm: served.helm ?? {},
      isOver: true,
    },
    says: "is in flight (web-candidate): end it first",
  },
])("deploy refuses $name, and changes nothing", async ({ world, says }) => {
  const { kind, did, reasons, state } = await deploy(world);
  expect(kind).toBe("fail");
  expect(reasons[0]).toContain(says);
  expect(did).toEqual([]);
  expect(state()).toEqual(world.state);
});

test("a lock of a run that GitHub says has ended is released by returning to what was deployed", async () => {
  const { kind, did, state } = await deploy({ state: left, helm: locked, isOver: true });
  expect(kind).toBe("pass");
  expect(did).toEqual(["rollback web 1", "upgrade web"]);
  expect(state().records.find(({ id }) => id === "foreign")).toMatchObject({
    status: "bad",
    reason: "run 7 ended before it was judged",
  });
});

test("a first install that never ended is removed", async () => {
  const helm = { web: [{ revision: 1, status: "pending-install" }] };
  const { did } = await deploy({ state: { ...emptyState, records: [foreign] }, helm, isOver: true });
  expect(did).toEqual(["uninstall web", "upgrade web"]);
});

test("without a lock, an attempt nobody can ask about stands in nobody's way", async () => {
  const { kind, did } = await deploy({ state: left, helm: served.helm ?? {} });
  expect(kind).toBe("pass");
  expect(did).toEqual(["upgrade web"]);
});

test("a canary takes over what an ended run's canary left", async () => {
  const rollout = rolloutOf({
    record: "foreign",
    weight: 35,
    run: { repository: "acme/web", id: "7", attempt: 1, job: "deploy" },
  });
  const helm = { ...served.helm, "web-candidate": [{ revision: 1, status: "deployed" }] };
  const { kind, did, state } = await deploy(
    { state: { ...left, rollout }, helm, weight: 35, isOver: true },
    { strategy: "canary", traffic },
  );
  expect(kind).toBe("pass");
  expect(did).toEqual(["weight 0", "confirm 0", "uninstall web-candidate", "upgrade web-candidate"]);
  expect(state().rollout?.run.id).toBe("100");
});

/** A pending state without a record that is open, and the Lease of its time. */
async function underLease(from: TakenFrom, madeAgo: number) {
  const helm = {
    web: [
      { revision: 1, status: "deployed" },
      { revision: 2, status: "pending-rollback", updated: ago(madeAgo) },
    ],
  };
  const fake = await fakeSession({}, { state: servedState, helm });
  const lease = {
    lost: new AbortController().signal,
    command: () => undefined,
    commandWords: () => "",
    aborted: new AbortController().signal,
    whyLost: () => undefined,
    taken: { from, before: leaseHeld() },
  };
  const outcome = await runPhase({ ...fake.session, lease });
  return { ...fake, kind: outcome.verdict.kind, reasons: reasonsOf(outcome.verdict) };
}

test("a lock made under a Lease that expired is ended without anybody's word", async () => {
  const { kind, did } = await underLease("expired", 30);
  expect(kind).toBe("pass");
  expect(did).toEqual(["rollback web 1", "upgrade web"]);
});

test.each([
  { name: "that was made before the Lease was held", from: "expired", madeAgo: 900 },
  { name: "whose holder did not yield", from: "forced", madeAgo: 30 },
  { name: "that was made without a Lease", from: "fresh", madeAgo: 30 },
] satisfies readonly { name: string; from: TakenFrom; madeAgo: number }[])(
  "a lock $name is left alone",
  async ({ from, madeAgo }) => {
    const { kind, did, reasons } = await underLease(from, madeAgo);
    expect(kind).toBe("fail");
    expect(reasons[0]).toContain("no record says by which run: bring it home by hand");
    expect(did).toEqual([]);
  },
);

test("an attempt whose Lease expired is over, also where GitHub is not asked", async () => {
  const fake = await fakeSession({}, { state: left, helm: locked });
  const lease = {
    lost: new AbortController().signal,
    command: () => undefined,
    commandWords: () => "",
    aborted: new AbortController().signal,
    whyLost: () => undefined,
    taken: { from: "expired" as const, before: leaseHeld() },
  };
  const outcome = await runPhase({ ...fake.session, lease });
  expect(outcome.verdict.kind).toBe("pass");
  expect(fake.state().records.find(({ id }) => id === "foreign")).toMatchObject({ status: "bad" });
});
