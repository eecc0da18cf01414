import { expect, test } from "vitest";
import { boundCancel, holdRelease } from "../../../src/actions/helm-deploy/hold.ts";
import { runPhase } from "../../../src/actions/helm-deploy/run.ts";
import type { Session } from "../../../src/actions/helm-deploy/session.ts";
import { reasonsOf } from "../../../src/core/verdict.ts";
import { identityOf, type LeaseHolder } from "../../../src/domain/lock/holder.ts";
import { leaseOf } from "../../../src/domain/lock/lease.ts";
import { withLease } from "../../../src/platform/lease.ts";
import { stepOf } from "../../domain/lock/states.ts";
import { fakeLeases } from "../../platform/fake-leases.ts";
import { type FakeWorld, fakeSession } from "./fake-session.ts";
import { served, untilBegun } from "./states.ts";

/** A session whose cluster keeps Leases too. */
async function sessionWith(world: FakeWorld, inputs: Readonly<Record<string, string>> = {}) {
  const leases = fakeLeases();
  const fake = await fakeSession(inputs, world);
  const { kubectl } = fake.session.cluster;
  const isLease = (kind: string) => kind.startsWith("leases");
  const both = {
    ...kubectl,
    get: (kind: string, name: string, namespace: string) =>
      (isLease(kind) ? leases.kubectl : kubectl).get(kind, name, namespace),
    create: leases.kubectl.create,
    replace: leases.kubectl.replace,
  };
  const session: Session = { ...fake.session, cluster: { ...fake.session.cluster, kubectl: both } };
  return { ...fake, session, leases };
}

/** Leaves the Lease in the hands of a holder that says no more. */
async function leaveHeld(leases: ReturnType<typeof fakeLeases>, holder: LeaseHolder): Promise<void> {
  const request = { release: "web", namespace: "shop", holder, isOver: async () => undefined };
  await withLease(leases.kubectl, request, async () => undefined);
  leases.setHolder(identityOf(holder));
}

test("a release in other hands is refused in one sentence, and nothing is changed", async () => {
  const { session, leases, did, state } = await sessionWith({ ...served, isOver: false });
  await leaveHeld(leases, stepOf("7"));
  const outcome = await holdRelease(session, runPhase);
  expect(outcome.verdict.kind).toBe("fail");
  expect(reasonsOf(outcome.verdict)).toHaveLength(1);
  expect(reasonsOf(outcome.verdict)[0]).toMatch(/^Release web is .*\/runs\/7\/attempts\/1, job deploy/);
  expect(outcome.outputs).toMatchObject({ "failure-reason": "locked" });
  expect(did).toEqual([]);
  expect(state()).toEqual(served.state);
});

test("a plan neither asks for the release nor takes it", async () => {
  const { session, leases } = await sessionWith({ ...served, isOver: false }, { phase: "plan" });
  await leaveHeld(leases, stepOf("7"));
  let seen: Session | undefined;
  await holdRelease(session, async (given) => {
    seen = given;
    return { verdict: { kind: "pass" } };
  });
  expect(seen?.lease).toBeUndefined();
});

test("a phase holds the release, and gives it back", async () => {
  const { session, leases, did } = await sessionWith(served);
  const outcome = await holdRelease(session, async (given) => {
    expect(leaseOf(leases.lease())).toMatchObject({ step: "helm-deploy deploy" });
    return runPhase(given);
  });
  expect(outcome.verdict.kind).toBe("pass");
  expect(did).toEqual(["upgrade web"]);
  expect(leaseOf(leases.lease()).holder).toBe("");
});

test("the namespace that is asked for is made first, for the Lease and the record stand in it", async () => {
  const { session, leases } = await sessionWith(served, { "create-namespace": "true" });
  const made: unknown[] = [];
  const { kubectl } = session.cluster;
  const empty: Session["cluster"]["kubectl"] = {
    ...kubectl,
    create: async (object) => {
      made.push(object.kind);
      return object.kind === "Namespace" ? object : leases.kubectl.create(object);
    },
  };
  await holdRelease({ ...session, cluster: { ...session.cluster, kubectl: empty } }, async () => ({
    verdict: { kind: "pass" },
  }));
  expect(made).toEqual(["Namespace", "Lease"]);
});

test("a deploy whose release a rollback wants interrupts Helm, rolls nothing back, and says to whom it yielded", async () => {
  const { session, leases, did, state } = await sessionWith({ ...served, behaviour: "hangs" });
  const wish = { holder: "h", reason: "loses orders", actor: "ann", at: "2026-01-01T00:00:00Z" };
  const held = holdRelease(session, runPhase);
  await untilBegun(did);
  leases.annotate({ "sluice/intent": JSON.stringify(wish) });
  const outcome = await held;
  expect(reasonsOf(outcome.verdict)).toEqual(["Yielded to a rollback of ann (h): loses orders"]);
  expect(outcome.outputs).toMatchObject({ "failure-reason": "cancelled" });
  expect(did).toEqual(["upgrade web"]);
  expect(state().records[0]).toMatchObject({
    status: "bad",
    reason: "Yielded to a rollback of ann (h): loses orders",
  });
  expect(leaseOf(leases.lease())).toMatchObject({ holder: "", intent: { actor: "ann" } });
});

test("boundCancel() waits for what ends in time, and for nothing that does not", async () => {
  const quick = new AbortController();
  expect(
    await boundCancel(quick.signal, async () => {
      quick.abort();
      return "done";
    }),
  ).toBe("done");
  const never = new Promise<never>(() => undefined);
  await expect(boundCancel(AbortSignal.abort(), () => never, 10)).rejects.toThrow(
    "The step was cancelled, and what it was doing did not end within 0.01 s",
  );
});
