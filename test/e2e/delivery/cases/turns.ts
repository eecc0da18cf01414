import assert from "node:assert/strict";
import type { DeliveryCase } from "../case.ts";
import { expectNoneLost, expectSituation } from "./situation.ts";
import { deliver, deployBad, inputsOf, phases } from "./steps.ts";

const home = { web: 100, "web-candidate": 0 };

/** Turns that a progressive delivery takes in real life: bad versions, second thoughts, scaling in the middle. */
export const turnCases: readonly DeliveryCase[] = [
  {
    name: "turn-good-bad",
    isShort: false,
    run: async (stand) => {
      const plan = { strategy: "canary", traffic: await stand.route() } as const;
      await deliver(stand, plan, "1");
      const prober = await stand.probe();
      await deployBad(stand, plan, "2");
      await expectSituation(stand, {
        serves: ["1"],
        releases: { web: "1 deployed" },
        weights: home,
        records: ["2 bad", "1 good"],
        rollout: "none",
      });
      await expectNoneLost(prober);
    },
  },
  {
    name: "turn-bad-good",
    isShort: false,
    run: async (stand) => {
      const plan = { strategy: "canary", traffic: await stand.route() } as const;
      await deployBad(stand, plan, "1");
      await deliver(stand, plan, "2");
      await expectSituation(stand, {
        serves: ["2"],
        pods: { web: "2 of 2" },
        weights: home,
        records: ["2 good", "1 bad"],
        rollout: "none",
      });
    },
  },
  {
    name: "turn-bad-bad",
    isShort: false,
    run: async (stand) => {
      const plan = { strategy: "canary", traffic: await stand.route() } as const;
      await deliver(stand, plan, "1");
      const prober = await stand.probe();
      await deployBad(stand, plan, "2");
      await deployBad(stand, plan, "3");
      await expectSituation(stand, {
        serves: ["1"],
        releases: { web: "1 deployed" },
        weights: home,
        records: ["3 bad", "2 bad", "1 good"],
        rollout: "none",
      });
      await expectNoneLost(prober);
    },
  },
  {
    // A new version in mid-canary begins anew, and stable stays what was last promoted.
    name: "turn-newer-version-at-a-weight",
    isShort: false,
    run: async (stand) => {
      const plan = { strategy: "canary", traffic: await stand.route() } as const;
      await deliver(stand, plan, "1");
      const prober = await stand.probe();
      await phases(stand, await inputsOf(stand, plan, { version: "2" }), "deploy");
      await stand.ramp(30);
      stand.nextRun("failure");
      const third = await inputsOf(stand, plan, { version: "3" });
      await phases(stand, third, "deploy");
      await expectSituation(stand, {
        serves: ["1"],
        releases: { web: "1 deployed", "web-candidate": "1 deployed" },
        pods: { web: "2 of 1", "web-candidate": "2 of 3" },
        weights: home,
        records: ["3 deploying", "2 bad", "1 good"],
        rollout: "candidate 0",
      });
      await phases(stand, third, "abort");
      await expectSituation(stand, { serves: ["1"], records: ["3 bad", "2 bad", "1 good"] });
      await expectNoneLost(prober);
    },
  },
  {
    name: "turn-back-to-stable",
    isShort: false,
    run: async (stand) => {
      const plan = { strategy: "canary", traffic: await stand.route() } as const;
      const first = await deliver(stand, plan, "1");
      const prober = await stand.probe();
      await phases(stand, await inputsOf(stand, plan, { version: "2" }), "deploy");
      await stand.ramp(30);
      stand.nextRun("cancelled");
      // The stable version again: the candidate that is left must go, whatever is made of the deploy itself.
      await phases(stand, first, "deploy", "abort");
      await expectSituation(stand, {
        serves: ["1"],
        releases: { web: "1 deployed" },
        pods: { web: "2 of 1" },
        weights: home,
        rollout: "none",
      });
      await expectNoneLost(prober);
    },
  },
  {
    name: "turn-abort-and-retry",
    isShort: false,
    run: async (stand) => {
      const plan = { strategy: "canary", traffic: await stand.route() } as const;
      await deliver(stand, plan, "1");
      const second = await inputsOf(stand, plan, { version: "2" });
      await phases(stand, second, "deploy");
      await stand.ramp(30);
      await phases(stand, second, "abort");
      stand.nextRun("failure");
      await phases(stand, second, "deploy", "promote", "finish");
      await expectSituation(stand, {
        serves: ["2"],
        releases: { web: "2 deployed" },
        weights: home,
        records: ["2 good", "2 bad", "1 good"],
        rollout: "none",
      });
    },
  },
  {
    name: "turn-abort-in-the-middle",
    isShort: false,
    run: async (stand) => {
      const plan = { strategy: "canary", traffic: await stand.route() } as const;
      await deliver(stand, plan, "1");
      const prober = await stand.probe();
      const second = await inputsOf(stand, plan, { version: "2", env: { START_DELAY: "20" } });
      const deploy = await stand.start("helm-deploy", second);
      await deploy.seen(/helm upgrade --install web-candidate/);
      deploy.signal("SIGINT");
      const cancelled = await deploy.done;
      assert.notEqual(cancelled.verdict, "pass");
      await phases(stand, second, "abort");
      await expectSituation(stand, {
        serves: ["1"],
        releases: { web: "1 deployed" },
        pods: { web: "2 of 1" },
        weights: home,
        records: ["2 bad", "1 good"],
        rollout: "none",
      });
      await expectNoneLost(prober);
    },
  },
  {
    name: "turn-scaled-while-paused",
    isShort: false,
    run: async (stand) => {
      const set = "autoscaler: {enabled: true, min: 2, max: 6}";
      const plan = { strategy: "canary", traffic: await stand.route(), set } as const;
      await deliver(stand, plan, "1");
      const second = await inputsOf(stand, plan, { version: "2" });
      await phases(stand, second, "deploy");
      await stand.ramp(30);
      await stand.kubectl("patch", "hpa", "web", "--type=merge", "-p", '{"spec":{"minReplicas":4}}');
      await expectSituation(stand, { pods: { web: "4 of 1", "web-candidate": "2 of 2" } });
      const prober = await stand.probe();
      await phases(stand, second, "promote");
      await expectSituation(stand, { serves: ["2"], releases: { web: "2 deployed" } });
      const ready = (await stand.pods()).filter(({ isReady, isEnding }) => isReady && !isEnding).length;
      assert.equal(ready, 4, "the count that the autoscaler had chosen is kept");
      await phases(stand, second, "finish");
      await expectNoneLost(prober);
    },
  },
  {
    name: "turn-no-candidate-pods",
    isShort: false,
    run: async (stand) => {
      const plan = { strategy: "canary", traffic: await stand.route() } as const;
      await deliver(stand, plan, "1");
      const second = await inputsOf(stand, plan, { version: "2" });
      await phases(stand, second, "deploy");
      await stand.ramp(10);
      await stand.kubectl("scale", "deployment/web-candidate", "--replicas=0");
      await expectSituation(stand, { pods: { web: "2 of 1" } });
      await phases(stand, second, "abort");
      await expectSituation(stand, {
        serves: ["1"],
        releases: { web: "1 deployed" },
        weights: home,
        records: ["2 bad", "1 good"],
        rollout: "none",
      });
    },
  },
  {
    name: "turn-strategy-changed-in-the-middle",
    isShort: false,
    run: async (stand) => {
      const traffic = await stand.route();
      await deliver(stand, { strategy: "canary", traffic }, "1");
      await phases(stand, await inputsOf(stand, { strategy: "canary", traffic }, { version: "2" }), "deploy");
      stand.nextRun("cancelled");
      const third = await inputsOf(stand, { strategy: "rolling" }, { version: "3" });
      const refused = await stand.run("helm-deploy", third);
      assert.equal(refused.verdict, "fail", refused.reasons.join("; "));
      assert.equal(refused.reasons.length, 1);
      assert.match(refused.reasons[0] ?? "", /is in flight \(web-candidate\): end it first \(.*mode recover/);
      await stand.mustPass("rollback", { mode: "recover" });
      await deliver(stand, { strategy: "rolling" }, "3");
      await expectSituation(stand, {
        serves: ["3"],
        pods: { web: "2 of 3" },
        weights: home,
        rollout: "none",
      });
    },
  },
  {
    name: "turn-blue-green-to-canary",
    isShort: false,
    run: async (stand) => {
      await deliver(stand, { strategy: "blue-green", more: { "watch-time": "0s" } }, "1");
      const traffic = await stand.route();
      const canary = await inputsOf(stand, { strategy: "canary", traffic }, { version: "2" });
      const run = await stand.run("helm-deploy", canary);
      assert.equal(run.verdict, "fail", run.reasons.join("; "));
      assert.equal(run.reasons.length, 1, run.reasons.join("; "));
      await expectSituation(stand, { serves: ["1"], releases: { "web-blue": "1 deployed" } }, "web");
    },
  },
];
