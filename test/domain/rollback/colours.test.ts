import { expect, test } from "vitest";
import type { DeployRecord } from "../../../src/domain/record/record.ts";
import type { RolloutState } from "../../../src/domain/record/state.ts";
import type { Colour } from "../../../src/domain/release/colours.ts";
import { type ColourWorld, planColours } from "../../../src/domain/rollback/colours.ts";
import { parseTarget } from "../../../src/domain/rollback/handle.ts";
import { unfinishedAttempt } from "../../../src/domain/rollback/interrupted.ts";
import { digestNumber, history, record, rollout, stateOf } from "./records.ts";

interface Case {
  readonly name: string;
  readonly blue: string;
  readonly green: string;
  readonly live?: Colour;
  readonly ready?: readonly Colour[];
  readonly records: readonly DeployRecord[];
  readonly rollout?: RolloutState;
  readonly to?: string;
  readonly automatic?: true;
  readonly allowUnverified?: true;
  readonly held?: readonly string[];
}

function plan(one: Case) {
  const state = stateOf(one.records, one.rollout);
  const world: ColourWorld = {
    release: "web",
    state,
    live: one.live,
    histories: { blue: history(one.blue), green: history(one.green) },
    ready: one.ready ?? ["blue", "green"],
  };
  return planColours(world, unfinishedAttempt(state), {
    handle: parseTarget(one.to ?? "last-good"),
    isAutomatic: one.automatic === true,
    allowUnverified: one.allowUnverified === true,
    held: one.held ?? [],
  });
}

/** A record of version n: a revision of one colour. */
function of(n: number, colour: Colour, revision: number, change: Partial<DeployRecord> = {}): DeployRecord {
  return record(n, { strategy: "blue-green", helmRelease: `web-${colour}`, revision, ...change });
}

const trying = (n: number, colour: Colour) => of(n, colour, 1, { status: "deploying" });
const watch = rollout({
  strategy: "blue-green",
  phase: "watching",
  weight: 100,
  candidateRelease: "web-green",
  stableRelease: "web-blue",
  record: "record-2",
});

test.each<Case & { readonly plan: object; readonly hasTarget?: true }>([
  {
    name: "removes the tried colour before the switch",
    blue: "1 deployed",
    green: "1 deployed",
    live: "blue",
    records: [trying(2, "green"), of(1, "blue", 1)],
    rollout: { ...watch, phase: "candidate", weight: 0 },
    plan: { traffic: "first", home: 0, candidateRelease: "web-green", undone: { id: "record-2" } },
  },
  {
    name: "switches back while the old colour is up",
    blue: "1 deployed",
    green: "1 deployed",
    live: "green",
    records: [trying(2, "green"), of(1, "blue", 1)],
    rollout: watch,
    plan: {
      traffic: "first",
      home: 0,
      candidateRelease: "web-green",
      serves: 1,
      returned: { id: "record-1" },
    },
  },
  {
    name: "switches back from a front that points both ways",
    blue: "1 deployed",
    green: "1 deployed",
    records: [trying(2, "green"), of(1, "blue", 1)],
    rollout: watch,
    plan: { traffic: "first", home: 0, candidateRelease: "web-green" },
  },
  {
    name: "brings a removed colour back before it switches",
    blue: "1 uninstalled",
    green: "1 deployed",
    live: "green",
    ready: ["green"],
    records: [of(2, "green", 1), of(1, "blue", 1)],
    plan: {
      traffic: "last",
      home: 0,
      target: { helmRelease: "web-blue", revision: 1, proof: "good" },
      candidateRelease: "web-green",
      undone: { id: "record-2" },
    },
    hasTarget: true,
  },
  {
    name: "brings a colour back whose pods are not ready",
    blue: "1 deployed",
    green: "1 deployed",
    live: "green",
    ready: ["green"],
    records: [trying(2, "green"), of(1, "blue", 1)],
    rollout: watch,
    plan: { traffic: "last", target: { helmRelease: "web-blue", revision: 1 } },
    hasTarget: true,
  },
  {
    name: "takes the colour at once that an interrupted rollback brought back",
    blue: "1 uninstalled, 2 deployed Rollback to 1",
    green: "1 deployed",
    live: "green",
    records: [of(2, "green", 1), of(1, "blue", 1)],
    plan: { traffic: "first", home: 0, candidateRelease: "web-green", serves: 2 },
  },
  {
    name: "returns to green as home",
    blue: "1 uninstalled, 2 deployed",
    green: "1 uninstalled",
    live: "blue",
    ready: ["blue"],
    records: [of(3, "blue", 2), of(2, "green", 1), of(1, "blue", 1)],
    plan: { traffic: "last", home: 100, target: { helmRelease: "web-green", revision: 1 } },
    hasTarget: true,
  },
  {
    name: "returns to an older version of the colour that serves in its place",
    blue: "1 uninstalled, 2 deployed",
    green: "1 uninstalled",
    live: "blue",
    records: [of(3, "blue", 2), of(2, "green", 1), of(1, "blue", 1)],
    to: "-2",
    plan: { traffic: "none", home: 0, target: { helmRelease: "web-blue", revision: 1 } },
    hasTarget: true,
  },
  {
    name: "finds a version by digest in the other colour",
    blue: "1 uninstalled, 2 deployed",
    green: "1 uninstalled",
    live: "blue",
    records: [of(3, "blue", 2), of(2, "green", 1), of(1, "blue", 1)],
    to: digestNumber(2),
    plan: { target: { helmRelease: "web-green", revision: 1 } },
    hasTarget: true,
  },
  {
    name: "passes over a version on hold",
    blue: "1 uninstalled, 2 deployed",
    green: "1 uninstalled",
    live: "blue",
    records: [of(3, "blue", 2), of(2, "green", 1), of(1, "blue", 1)],
    held: [digestNumber(2)],
    plan: { target: { helmRelease: "web-blue", revision: 1 } },
    hasTarget: true,
  },
  {
    name: "does nothing about a version that serves already",
    blue: "1 uninstalled",
    green: "1 deployed",
    live: "green",
    records: [of(2, "green", 1), of(1, "blue", 1)],
    to: digestNumber(2),
    plan: { traffic: "none", notes: ["Release web-green serves revision 1 already"] },
  },
])("planColours() $name", ({ plan: expected, hasTarget, ...one }) => {
  const made = plan(one);
  expect(made).toMatchObject({ strategy: "blue-green", problems: [], ...expected });
  expect(made.target !== undefined).toBe(hasTarget === true);
});

test.each<Case & { readonly says: string }>([
  {
    name: "a first version that is good",
    blue: "1 deployed",
    green: "",
    live: "blue",
    records: [of(1, "blue", 1)],
    says: "there is no earlier version to return to",
  },
  {
    name: "one that was only observed, by a person",
    blue: "1 uninstalled",
    green: "1 deployed",
    live: "green",
    records: [of(2, "green", 1), of(1, "blue", 1, { status: "observed" })],
    says: "revision 1 of blue is observed: allow-unverified takes it",
  },
  {
    name: "a number that both colours have",
    blue: "1 uninstalled, 2 deployed",
    green: "1 uninstalled",
    live: "blue",
    records: [of(3, "blue", 2), of(2, "green", 1), of(1, "blue", 1)],
    to: "1",
    says: "both colours have a revision 1: name a version, a commit or a digest",
  },
])("planColours() refuses $name", ({ says, ...one }) => {
  const made = plan(one);
  expect(made.problems).toEqual([
    `Cannot roll back web: ${says.startsWith("revision") ? `no version is proven good; ${says}` : says}`,
  ]);
  expect(made.target).toBeUndefined();
  expect(made.traffic).toBe("none");
});

test("planColours() knows a first deploy that failed", () => {
  const { stableRelease: _none, ...alone } = watch;
  const made = plan({
    name: "",
    blue: "1 failed",
    green: "",
    live: "blue",
    records: [of(2, "blue", 1, { status: "deploying" })],
    rollout: { ...alone, phase: "deploying", weight: 0, candidateRelease: "web-blue" },
  });
  expect(made).toMatchObject({ first: "web-blue", problems: [], traffic: "none" });
});
