import assert from "node:assert/strict";
import type { ActionInputs } from "../action-process.ts";
import type { DeliveryCase } from "../case.ts";
import type { RunOptions, Stand } from "../stand.ts";
import { mustServe, withHelm3 } from "./colour-steps.ts";

async function strategyOf(stand: Stand): Promise<string> {
  return stand.kubectl("get", "deployment", "web", "-o", "jsonpath={.spec.strategy.type}");
}

/** Deploys by recreate and watches that pods of two versions are never there at once. */
async function recreate(stand: Stand, inputs: ActionInputs, options: RunOptions): Promise<void> {
  const running = await stand.start("helm-deploy", { strategy: "recreate", ...inputs }, options);
  let isOver = false;
  void running.done.then(() => {
    isOver = true;
  });
  while (!isOver) {
    const pods = (await stand.pods()).filter(({ isEnding }) => !isEnding);
    assert.ok(new Set(pods.map(({ digest }) => digest)).size < 2, "pods of two versions at once");
  }
  const run = await running.done;
  assert.equal(run.verdict, "pass", run.reasons.join("; "));
}

async function playRecreate(stand: Stand, more: ActionInputs = {}, options: RunOptions = {}): Promise<void> {
  const first = await stand.image("1");
  await stand.mustPass("helm-deploy", { image: first, version: "1", ...more }, options);
  assert.equal(await strategyOf(stand), "RollingUpdate");
  stand.nextRun();
  // The chart says nothing of a strategy, and the cluster has filled in a rollingUpdate block.
  await recreate(stand, { image: await stand.image("2"), version: "2", ...more }, options);
  assert.equal(await strategyOf(stand), "Recreate");
  await mustServe(stand, "2", "web");
  stand.nextRun();
  // A rolling deploy is rolling again.
  const third = await stand.image("3");
  await stand.mustPass("helm-deploy", { image: third, version: "3", ...more }, options);
  assert.equal(await strategyOf(stand), "RollingUpdate");
  stand.nextRun();
  // The chart itself says Recreate, over the block that is there.
  const set = "{strategy: {type: Recreate}}";
  await recreate(stand, { image: await stand.image("4"), version: "4", set, ...more }, options);
  await mustServe(stand, "4", "web");
  stand.nextRun();
  const insists = "{strategy: {type: RollingUpdate}}";
  const image = await stand.image("5");
  const refused = await stand.run(
    "helm-deploy",
    { strategy: "recreate", image, version: "5", set: insists, ...more },
    options,
  );
  assert.equal(refused.verdict, "fail");
  assert.match(refused.reasons[0] ?? "", /^Deployment web says strategy RollingUpdate in the chart/);
  await mustServe(stand, "4", "web");
}

export const recreateCases: readonly DeliveryCase[] = [
  { name: "recreate", isShort: false, run: (stand) => playRecreate(stand) },
  {
    name: "recreate-helm3",
    isShort: false,
    run: async (stand) => playRecreate(stand, { "helm-version": "3.21.4" }, await withHelm3(stand)),
  },
];
