import { expect, test } from "vitest";
import { equal, rampIn, rampUntilLost, type Told, text, type World } from "./lost-ramp.ts";
import { simulate } from "./world.ts";

test.each<{ name: string; told: Told; says: string }>([
  {
    name: "other metrics",
    told: { metrics: text.replace("1%", "2%") },
    says: "its metrics have changed since",
  },
  { name: "another confidence", told: { confidence: 0.9 }, says: "its settings have changed since" },
  {
    name: "other steps",
    told: { steps: [{ weight: 50, holdMs: 120_000 }] },
    says: "its settings have changed since",
  },
])("ramp() begins anew for $name, and says so", async ({ told, says }) => {
  const world = simulate(equal);
  await rampUntilLost(world, 11);
  const anew = await rampIn(world, {}, told);
  expect(anew.beginning).toMatchObject({ anew: says });
  expect(world.said).toContain(`The ramp that another run left is not gone on with: ${says}`);
  expect(anew.steps[0]?.weight).toBe(told.steps?.[0]?.weight ?? 5);
  expect(anew.verdict.kind).toBe("pass");
});

test.each([
  {
    name: "a candidate that was deployed anew",
    change: (world: World) => world.keep({ ...world.kept(), candidate: "sha256:a of record 2" }),
    says: "the candidate was deployed anew since",
  },
  {
    name: "a ramp whose time is over",
    change: (world: World) => world.keep({ ...world.kept(), expiresMs: world.clock.now() - 1 }),
    says: /its time was over at 2023-.*, and nobody looked since/,
  },
  {
    name: "sums that were too many",
    change: (world: World) => world.keep({ ...world.kept(), ramp: null }),
    says: "its sums were too many to keep",
  },
  {
    name: "a state of another form",
    change: (world: World) => world.keep({ ...world.kept(), ramp: { format: 2 } }),
    says: "it was kept by another version of this action",
  },
  {
    name: "a state that was changed by hand",
    change: (world: World) => {
      const { ramp } = world.kept();
      world.keep({ ...world.kept(), ramp: { ...(ramp as object), analysis: { "error-rate": {} } } });
    },
    says: "what was kept of it cannot be read",
  },
])("ramp() begins anew for $name, and says so", async ({ change, says }) => {
  const world = simulate(equal);
  await rampUntilLost(world, 11);
  change(world);
  const anew = await rampIn(world);
  expect(anew.beginning?.anew).toMatch(says);
  expect(anew.steps[0]?.weight).toBe(5);
});
