import { expect, test } from "vitest";
import { type WeightParts, weightsOf } from "../../../src/actions/canary-analyze/weights.ts";
import { ConfigError, OutsideError } from "../../../src/core/errors.ts";
import { emptyState, type ReleaseState, type RolloutState } from "../../../src/domain/record/state.ts";
import type { Confirmation } from "../../../src/platform/traffic-confirm.ts";

const digest = `sha256:${"a".repeat(64)}`;
const run = { repository: "acme/web", id: "7", attempt: 2, job: "deploy" };
const rollout: RolloutState = {
  phase: "candidate",
  weight: 0,
  candidateRelease: "web-candidate",
  digest,
  record: "r1",
  run: { ...run, attempt: 1 },
  expiresAt: "2026-01-01T00:00:00.000Z",
};
const traffic: WeightParts["traffic"] = {
  provider: "gateway",
  route: { kind: "HTTPRoute", name: "web" },
  stable: { service: "web" },
  candidate: { service: "web-candidate" },
};
const confirm = { url: "http://web/version", header: "x-sluice-track", candidate: "candidate" };
const never = new AbortController().signal;

interface Given {
  readonly rollout?: RolloutState | undefined;
  readonly confirms?: Confirmation["decision"];
  /** What the route says its weight is, whatever was set. */
  readonly stuckAt?: number;
  readonly refusals?: number;
  readonly digest?: string;
  readonly problem?: string;
  /** Shares are carried by pods; what is in the list is why they cannot be had. */
  readonly carries?: readonly string[];
}

function release(given: Given = {}) {
  const events: string[] = [];
  const first = "rollout" in given ? given.rollout : rollout;
  let state: ReleaseState = first === undefined ? emptyState : { ...emptyState, rollout: first };
  let weight = 0;
  let refusals = given.refusals ?? 0;
  const parts: WeightParts = {
    traffic: given.confirms === undefined ? traffic : { ...traffic, confirm },
    switch: {
      readWeight: async () => given.stuckAt ?? weight,
      problems: async () => (given.problem === undefined ? [] : [given.problem]),
      setWeight: async (percent) => {
        if (refusals-- > 0) throw new OutsideError("the server is away");
        events.push(`set ${percent}`);
        weight = percent;
        return { percent, sentence: `weight ${percent} % accepted by the gateway` };
      },
    },
    store: {
      read: async () => state,
      update: async (change) => {
        state = change(state);
        events.push(`meant ${state.rollout?.phase} ${state.rollout?.weight}`);
        return state;
      },
    },
    release: "web",
    run,
    now: () => Date.now(),
    confirm: async (_confirm, { percent }) => ({
      decision: given.confirms ?? "confirmed",
      candidate: percent,
      stable: 100 - percent,
      requests: 100,
      withoutArm: 0,
      durationMs: 1,
      sentence: `weight ${percent}: ${percent} of 100 responses came from the candidate`,
    }),
    ...(given.digest === undefined ? {} : { digest: given.digest }),
    ...(given.carries === undefined
      ? {}
      : {
          carry: async (candidate: string, percent: number) => {
            events.push(`carry ${candidate} ${percent}`);
            const [why] = given.carries ?? [];
            if (why !== undefined) throw new OutsideError(why);
          },
        }),
  };
  return { weights: weightsOf(parts), events, state: () => state };
}

const expiresMs = Date.parse("2026-02-01T00:00:00Z");

test("raise() writes down what is meant before it sets it, with run and expiry", async () => {
  const { weights, events, state } = release();
  await weights.raise(15, { expiresMs, signal: never, ramp: {} });
  expect(events).toEqual(["meant ramping 15", "set 15"]);
  expect(state().rollout).toEqual({
    ...rollout,
    phase: "ramping",
    weight: 15,
    run,
    expiresAt: "2026-02-01T00:00:00.000Z",
    ramp: {},
  });
});

test("raise() asks for the pods that the share needs before anything else", async () => {
  const { weights, events } = release({ carries: [] });
  await weights.raise(15, { expiresMs, signal: never, ramp: {} });
  expect(events).toEqual(["carry web-candidate 15", "meant ramping 15", "set 15"]);
});

test("a share whose pods cannot be had is neither meant nor set", async () => {
  const { weights, events } = release({ carries: ["exceeded quota"] });
  await expect(weights.raise(15, { expiresMs, signal: never, ramp: {} })).rejects.toThrow("exceeded quota");
  expect(events).toEqual(["carry web-candidate 15"]);
});

test("home() makes traffic safe before it writes anything down", async () => {
  const { weights, events } = release();
  await weights.home(5000);
  expect(events).toEqual(["set 0", "meant candidate 0"]);
});

test("home() tries again until the server is back", async () => {
  const { weights, events } = release({ refusals: 2 });
  await weights.home(5000);
  expect(events[0]).toBe("set 0");
});

test("home() says so when its time is over", async () => {
  const { weights } = release({ refusals: 99 });
  await expect(weights.home(1200)).rejects.toThrow("Weight 0 could not be set: the server is away");
});

test("raise() returns what real answers said", async () => {
  const { weights } = release({ confirms: "confirmed" });
  const said = await weights.raise(15, { expiresMs, signal: never, ramp: {} });
  expect(said).toBe("weight 15: 15 of 100 responses came from the candidate");
});

test.each<{ name: string; given: Given; says: string }>([
  {
    name: "answers that refute the weight",
    given: { confirms: "refuted" },
    says: "Weight 15 was not borne out by real answers: weight 15: 15 of 100",
  },
  {
    name: "answers that do not decide",
    given: { confirms: "undecided" },
    says: "Weight 15 was not borne out by real answers",
  },
  {
    name: "a route that kept its weight",
    given: { stuckAt: 40 },
    says: "Weight 15 was set, and the route has 40",
  },
  {
    name: "a release without a candidate",
    given: { rollout: undefined },
    says: "Release web has no candidate: deploy it with helm-deploy and strategy canary",
  },
  {
    name: "another run's rollout",
    given: { rollout: { ...rollout, run: { ...run, id: "6" } } },
    says: "Release web is being rolled out by run 6: its weight is not ours to set",
  },
])("raise() refuses $name", async ({ given, says }) => {
  await expect(release(given).weights.raise(15, { expiresMs, signal: never, ramp: {} })).rejects.toThrow(
    says,
  );
});

test("home() refuses answers that still come from the candidate", async () => {
  await expect(release({ confirms: "refuted" }).weights.home(3000)).rejects.toThrow(
    "Weight 0 was not borne out by real answers",
  );
});

test("raise() changes nothing after a cancel", async () => {
  const { weights, events } = release();
  const asking = weights.raise(15, {
    expiresMs,
    signal: AbortSignal.abort(new Error("cancelled")),
    ramp: {},
  });
  await expect(asking).rejects.toThrow("cancelled");
  expect(events).not.toContain("set 15");
});

test.each<{ name: string; given: Given; says: string }>([
  { name: "no candidate", given: { rollout: undefined }, says: "Release web has no candidate" },
  {
    name: "another digest",
    given: { digest: `sha256:${"b".repeat(64)}` },
    says: `The candidate of release web is ${digest}, not sha256:bbbb`,
  },
])("check() refuses $name and changes nothing", async ({ given, says }) => {
  const { weights, events } = release(given);
  await expect(weights.check(95)).rejects.toThrow(says);
  expect(events).toEqual([]);
});

test("check() refuses a route that cannot carry the last weight", async () => {
  const problem = "Rule 1 of HTTPRoute web names web but not web-candidate";
  await expect(release({ problem }).weights.check(95)).rejects.toThrow(new ConfigError(problem));
});

test("keep() writes how far the ramp has come, and another time at which it is over", async () => {
  const { weights, state } = release();
  await weights.raise(15, { expiresMs, signal: never, ramp: { at: 1 } });
  await weights.keep(15, { expiresMs: expiresMs + 1000, ramp: { at: 2 } });
  expect(state().rollout).toMatchObject({
    phase: "ramping",
    weight: 15,
    expiresAt: "2026-02-01T00:00:01.000Z",
    ramp: { at: 2 },
  });
  expect(await weights.kept()).toEqual({
    phase: "ramping",
    expiresMs: expiresMs + 1000,
    candidate: `${digest} of r1`,
    ramp: { at: 2 },
  });
});

test.each<{ name: string; rollout: RolloutState | undefined }>([
  { name: "that another run owns", rollout: { ...rollout, phase: "ramping", run: { ...run, id: "8" } } },
  { name: "that is being ended", rollout: { ...rollout, phase: "aborting", weight: 15 } },
  { name: "whose weight is another one", rollout: { ...rollout, phase: "ramping", weight: 25 } },
  { name: "that is over", rollout: undefined },
])("keep() leaves a rollout alone $name", async ({ rollout: found }) => {
  const { weights, state } = release({ rollout: found });
  await weights.keep(15, { expiresMs, ramp: { at: 2 } });
  expect(state().rollout).toEqual(found);
});

test("home() leaves nothing that could be gone on with, even where it fails", async () => {
  for (const refusals of [0, 99]) {
    const { weights, state } = release({ refusals });
    await weights.raise(15, { expiresMs, signal: never, ramp: { at: 1 } }).catch(() => undefined);
    await weights.home(1200).catch(() => undefined);
    expect(state().rollout).toBeDefined();
    expect(state().rollout).not.toHaveProperty("ramp");
  }
});
