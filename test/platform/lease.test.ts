import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { type HolderRun, identityOf } from "../../src/domain/lock/holder.ts";
import { leaseOf } from "../../src/domain/lock/lease.ts";
import { type Lease, LeaseHeldError, withLease } from "../../src/platform/lease.ts";
import type { LeaseRequest } from "../../src/platform/lease-object.ts";
import { stepOf } from "../domain/lock/states.ts";
import { fakeLeases } from "./fake-leases.ts";

const timing = { durationMs: 60_000, renewMs: 20, lookMs: 5 };

function requestOf(id: string, change: Partial<LeaseRequest> = {}): LeaseRequest {
  return {
    release: "web",
    namespace: "shop",
    holder: stepOf(id),
    isOver: async () => undefined,
    timing,
    ...change,
  };
}

type World = ReturnType<typeof fakeLeases>;
const factsOf = (world: World) => leaseOf(world.lease());

/** A holder that goes on until it is told to end. */
function holding(world: World, request: LeaseRequest) {
  const end = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<Lease>();
  const done = withLease(world.kubectl, request, async (lease) => {
    begun.resolve(lease);
    await end.promise;
  });
  done.catch(begun.reject);
  return { begun: begun.promise, end: end.resolve, done };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(2);
}

test("a Lease is held while the body goes on, renewed, and given back", async () => {
  const world = fakeLeases();
  const holder = holding(world, requestOf("100"));
  const lease = await holder.begun;
  expect(lease.taken.from).toBe("fresh");
  expect(factsOf(world)).toMatchObject({ holder: identityOf(stepOf("100")), step: "helm-deploy deploy" });
  const { renewedAt, acquiredAt } = factsOf(world);
  await until(() => factsOf(world).renewedAt > renewedAt);
  expect(factsOf(world).acquiredAt).toBe(acquiredAt);
  holder.end();
  await holder.done;
  expect(factsOf(world)).toMatchObject({ holder: "", acquiredAt });
  expect(lease.lost.aborted).toBe(false);
});

test("a Lease is given back when the body fails", async () => {
  const world = fakeLeases();
  const failing = withLease(world.kubectl, requestOf("100"), () => Promise.reject(new Error("no luck")));
  await expect(failing).rejects.toThrow("no luck");
  expect(factsOf(world).holder).toBe("");
  await withLease(world.kubectl, requestOf("7"), async ({ taken }) => expect(taken.from).toBe("free"));
});

test("a release in living hands is refused, and the body does not begin", async () => {
  const world = fakeLeases();
  const holder = holding(world, requestOf("7"));
  await holder.begun;
  const asked: HolderRun[] = [];
  const isOver = async (run: HolderRun) => {
    asked.push(run);
    return false;
  };
  let hasBegun = false;
  const second = withLease(world.kubectl, requestOf("100", { isOver }), async () => {
    hasBegun = true;
  });
  await expect(second).rejects.toThrow(LeaseHeldError);
  await expect(second).rejects.toThrow("GitHub says that job is at work");
  expect(asked).toEqual([stepOf("7").run]);
  expect(hasBegun).toBe(false);
  holder.end();
  await holder.done;
});

test("what a dead holder has left is taken on GitHub's word, or when it stays silent", async () => {
  const world = fakeLeases();
  const leave = async () => {
    const dead = holding(world, requestOf("7"));
    await dead.begun;
    dead.end();
    await dead.done;
    world.setHolder(identityOf(stepOf("7")));
  };
  await leave();
  const said: string[] = [];
  const request = requestOf("100", { isOver: async () => true, say: (line) => said.push(line) });
  await withLease(world.kubectl, request, async ({ taken }) => expect(taken.from).toBe("over"));
  expect(said[0]).toContain("is ours: GitHub has ended that job");

  await leave();
  const mute = requestOf("100", { isOver: () => Promise.reject(new Error("no connection")) });
  await expect(withLease(world.kubectl, mute, async () => undefined)).rejects.toThrow("it was renewed");
  let aheadMs = timing.durationMs;
  const clock = {
    now: () => Date.now() + aheadMs,
    sleep: async () => {
      aheadMs += 1000;
      await sleep(1);
    },
  };
  await withLease(world.kubectl, { ...mute, clock }, async ({ taken }) => expect(taken.from).toBe("expired"));
  expect(aheadMs).toBeGreaterThanOrEqual(2 * timing.durationMs);
});

test("a holder whose Lease is renewed while we watch is not taken for dead", async () => {
  const world = fakeLeases();
  const holder = holding(world, requestOf("7"));
  await holder.begun;
  // By our clock it expired long ago.
  const clock = { now: () => Date.now() + 3_600_000, sleep: (ms: number) => sleep(ms) };
  const second = withLease(world.kubectl, requestOf("100", { clock }), async () => undefined);
  await expect(second).rejects.toThrow("it was renewed while we watched");
  holder.end();
  await holder.done;
});

test("a rollback makes a deploy yield, and takes the release when it is given back", async () => {
  const world = fakeLeases();
  const deploy = holding(world, requestOf("7"));
  const lease = await deploy.begun;
  let command: string | undefined;
  lease.lost.addEventListener("abort", () => {
    command = factsOf(world).command;
    deploy.end();
  });
  const holder = stepOf("100", "rollback", "rollback rollback");
  const preempt = { reason: "loses orders", actor: "ann" };
  await withLease(world.kubectl, requestOf("100", { holder, preempt }), async ({ taken }) => {
    expect(taken.from).toBe("yielded");
    const { intent, command: told } = factsOf(world);
    expect([intent, told]).toEqual([undefined, undefined]);
  });
  await deploy.done;
  expect(command).toBe("abort: loses orders, ann");
  expect(lease.whyLost()).toMatch(/^Yielded to a rollback of ann \(.*\/runs\/100\/.*\): loses orders$/);
});

test("a rollback takes the release out of hands that do not yield, and the holder leaves it alone", async () => {
  const world = fakeLeases();
  const deploy = holding(world, requestOf("7"));
  await deploy.begun;
  let now = 0;
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
      await sleep(1);
    },
  };
  const holder = stepOf("100", "rollback", "rollback rollback");
  const request = requestOf("100", { holder, clock, preempt: { reason: "", actor: "ann" } });
  await withLease(world.kubectl, request, async ({ taken }) => {
    expect(taken.from).toBe("forced");
    deploy.end();
    await deploy.done;
    expect(factsOf(world).holder).toBe(identityOf(holder));
  });
  expect(now).toBeGreaterThanOrEqual(15_000);
});

test("a deploy does not slip in before a rollback that wants the release", async () => {
  const world = fakeLeases();
  await withLease(world.kubectl, requestOf("7"), async () => undefined);
  const intent = {
    holder: identityOf(stepOf("9", "rollback")),
    reason: "",
    actor: "ann",
    at: new Date().toISOString(),
  };
  world.annotate({ "sluice/intent": JSON.stringify(intent) });
  const isOver = async () => false;
  await expect(withLease(world.kubectl, requestOf("100", { isOver }), async () => undefined)).rejects.toThrow(
    "Release web is about to be taken by a rollback of ann",
  );
});

test("commands are heard, an unknown one is said once, and none outlives its holder", async () => {
  const world = fakeLeases();
  const warned: string[] = [];
  const holder = holding(world, requestOf("7", { warn: (line) => warned.push(line) }));
  const lease = await holder.begun;
  world.annotate({ "sluice/command": "halt" });
  await until(() => warned.length > 0);
  world.annotate({ "sluice/command": "abort: loses orders" });
  await until(() => lease.command() === "abort");
  expect(lease.commandWords()).toBe("loses orders");
  expect(lease.aborted.aborted).toBe(true);
  world.annotate({ "sluice/command": null });
  await until(() => lease.command() === undefined);
  world.annotate({ "sluice/command": "pause" });
  holder.end();
  await holder.done;
  expect(warned).toEqual(['Annotation sluice/command must be pause or abort: got "halt"']);
  await withLease(world.kubectl, requestOf("100"), async () =>
    expect(factsOf(world).command).toBeUndefined(),
  );
});

test("an API server that is away for a while costs nobody the release", async () => {
  const world = fakeLeases();
  const warned: string[] = [];
  const holder = holding(world, requestOf("7", { warn: (line) => warned.push(line) }));
  const lease = await holder.begun;
  world.goAway(true);
  await until(() => warned.length > 0);
  world.goAway(false);
  const { renewedAt } = factsOf(world);
  await until(() => factsOf(world).renewedAt > renewedAt);
  expect(lease.lost.aborted).toBe(false);
  holder.end();
  await holder.done;
});

test("a Lease that is removed is lost", async () => {
  const world = fakeLeases();
  const holder = holding(world, requestOf("7"));
  const lease = await holder.begun;
  world.remove();
  await until(() => lease.lost.aborted);
  holder.end();
  await holder.done;
  expect(world.lease()).toBeUndefined();
});

test("of three that take it at once, two are refused", async () => {
  const world = fakeLeases();
  await withLease(world.kubectl, requestOf("1"), async () => undefined);
  const isOver = async () => false;
  const refused = Promise.withResolvers<void>();
  let refusals = 0;
  const tries = ["7", "8", "9"].map((id) =>
    withLease(world.kubectl, requestOf(id, { isOver }), () => refused.promise).catch((error) => {
      if (++refusals === 2) refused.resolve();
      throw error;
    }),
  );
  const ends = await Promise.allSettled(tries);
  expect(ends.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected", "rejected"]);
});
