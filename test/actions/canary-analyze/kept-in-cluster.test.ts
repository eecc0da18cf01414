import { expect, test } from "vitest";
import { type WeightParts, weightsOf } from "../../../src/actions/canary-analyze/weights.ts";
import type { RolloutState } from "../../../src/domain/record/state.ts";
import type { Kubectl, KubeObject } from "../../../src/platform/kubectl.ts";
import { ConflictError } from "../../../src/platform/kubectl-errors.ts";
import { recordStore } from "../../../src/platform/record-store.ts";
import { equal, inputs, rampIn, rampUntilLost, seconds, type World } from "./lost-ramp.ts";
import { simulate } from "./world.ts";

const rollout: RolloutState = {
  phase: "candidate",
  weight: 0,
  candidateRelease: "web-candidate",
  digest: `sha256:${"a".repeat(64)}`,
  record: "record-1",
  run: { repository: "acme/web", id: "7", attempt: 1, job: "deploy" },
  expiresAt: "2026-01-01T00:00:00.000Z",
};

/** An API server that holds one ConfigMap as text, and counts what it is asked. */
function server() {
  let version = 1;
  let data: unknown = { records: "[]", rollout: JSON.stringify(rollout) };
  const calls = { get: 0, replace: 0 };
  const object = () => ({ metadata: { name: "sluice-web", resourceVersion: String(version) }, data });
  const kubectl = {
    get: async () => {
      calls.get++;
      return object();
    },
    replace: async (next: KubeObject) => {
      calls.replace++;
      const { resourceVersion } = next.metadata as unknown as { readonly resourceVersion: string };
      if (resourceVersion !== String(version)) throw new ConflictError("modified");
      version++;
      data = JSON.parse(JSON.stringify(next.data));
      return object();
    },
  } as unknown as Kubectl;
  const kept = () => JSON.parse((data as { readonly rollout: string }).rollout) as RolloutState;
  return { kubectl, calls, kept };
}

/** The weights as an attempt of the run sees them: real ones, over a route that is the world's. */
function weightsIn(world: World, kubectl: Kubectl, attempt: number) {
  const parts: WeightParts = {
    traffic: inputs.traffic,
    switch: {
      readWeight: world.weights.current,
      problems: async () => [],
      setWeight: async (percent) => {
        const limits = { expiresMs: 0, ramp: {}, signal: world.signal };
        const sentence = await world.weights.raise(percent, limits);
        return { percent, sentence };
      },
    },
    store: recordStore(kubectl, "web", "production"),
    release: "web",
    run: { ...rollout.run, attempt },
    now: world.clock.now,
  };
  return weightsOf(parts);
}

test("a ramp goes on from what the ConfigMap kept of it, as the next attempt of its run", async () => {
  const unbroken = await rampIn(simulate(equal));
  const world = simulate(equal);
  const { kubectl, calls, kept } = server();
  expect(await rampUntilLost(world, 11, { told: { weights: weightsIn(world, kubectl, 1) } })).toBe("lost");
  expect(kept()).toMatchObject({ phase: "ramping", weight: 35, record: "record-1", run: { attempt: 1 } });
  // One call for each look, one for each weight that is meant and one for each that was reached; what is there is read once.
  expect(calls.get).toBe(1);
  expect(calls.replace).toBe(11 + 2 * 2);
  await seconds(world, 7);
  const resumed = await rampIn(world, {}, { weights: weightsIn(world, kubectl, 2) });
  expect(resumed.beginning?.resumed?.weight).toBe(35);
  expect(resumed.verdict).toEqual(unbroken.verdict);
  expect(resumed.watch.kept()).toEqual(unbroken.watch.kept());
  expect(kept()).toMatchObject({ phase: "ramping", weight: 95, run: { attempt: 2 } });
});
