import assert from "node:assert/strict";
import type { DeliveryCase } from "../case.ts";

/** What every other case stands on. */
export const harnessCases: readonly DeliveryCase[] = [
  {
    name: "harness-rolling",
    isShort: true,
    run: async (stand) => {
      await stand.route();
      const first = await stand.install("1");
      const prober = await stand.probe({ requestsPerSecond: 100 });
      const second = await stand.image("2");
      assert.notEqual(first, second);
      const deploy = await stand.mustPass("helm-deploy", { image: second, version: "2" });
      assert.equal(deploy.outputs.revision, "2");
      const { lost, lostBy, arms } = await prober.stop();
      assert.equal(lost, 0, JSON.stringify(lostBy));
      assert.deepEqual(arms.map(({ version }) => version).toSorted(), ["1", "2"]);
      assert.deepEqual(new Set((await stand.answers(20)).map((answer) => answer?.version)), new Set(["2"]));
      const state = await stand.records();
      assert.deepEqual(
        state.records.map(({ status, revision }) => `${revision} ${status}`),
        ["2 deploying", "1 good"],
      );
      assert.deepEqual(
        (await stand.history()).map(({ revision, status }) => `${revision} ${status}`),
        ["1 superseded", "2 deployed"],
      );
    },
  },
];
