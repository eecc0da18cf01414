import assert from "node:assert/strict";
import type { DeliveryCase } from "../case.ts";
import { expectNoneLost, expectSituation } from "./situation.ts";
import { deliver, deployBad, inputsOf, phases } from "./steps.ts";

/** Deploy, promote, deploy another tag, promote, deploy, reject: what stands is looked at after each step. */
export const sequenceCases: readonly DeliveryCase[] = [
  {
    name: "sequence-rolling",
    isShort: true,
    run: async (stand) => {
      await stand.route();
      const plan = { strategy: "rolling" } as const;
      const prober = await deliver(stand, plan, "1").then(() => stand.probe());
      await expectSituation(stand, {
        serves: ["1"],
        releases: { web: "1 deployed" },
        pods: { web: "2 of 1" },
        records: ["1 good"],
      });
      const second = await inputsOf(stand, plan, { version: "2" });
      await phases(stand, second, "deploy");
      await expectSituation(stand, {
        serves: ["2"],
        releases: { web: "2 deployed" },
        pods: { web: "2 of 2" },
        records: ["2 deploying", "1 good"],
      });
      await phases(stand, second, "finish");
      await expectSituation(stand, { records: ["2 good", "1 good"] });
      stand.nextRun();
      await deployBad(stand, plan, "3");
      await expectSituation(stand, {
        serves: ["2"],
        releases: { web: "4 deployed" },
        pods: { web: "2 of 2" },
        records: ["3 rolled-back", "2 good", "1 good"],
        rollout: "none",
      });
      await expectNoneLost(prober);
      await expectLabels(stand, "web");
    },
  },
  {
    name: "sequence-canary",
    isShort: true,
    run: async (stand) => {
      const plan = { strategy: "canary", traffic: await stand.route() } as const;
      const home = { web: 100, "web-candidate": 0 };
      await deliver(stand, plan, "1");
      await expectSituation(stand, {
        serves: ["1"],
        releases: { web: "1 deployed" },
        weights: home,
        records: ["1 good"],
        rollout: "none",
      });
      const prober = await stand.probe();
      const second = await inputsOf(stand, plan, { version: "2" });
      await phases(stand, second, "deploy");
      await expectSituation(stand, {
        serves: ["1"],
        releases: { web: "1 deployed", "web-candidate": "1 deployed" },
        pods: { web: "2 of 1", "web-candidate": "2 of 2" },
        weights: home,
        records: ["2 deploying", "1 good"],
        rollout: "candidate 0",
      });
      await expectLabels(stand, "web", "web-candidate");
      await stand.ramp(50);
      await expectSituation(stand, { serves: ["1", "2"], rollout: "ramping 50" });
      await phases(stand, second, "promote");
      const promoted = {
        serves: ["2"],
        releases: { web: "2 deployed" },
        pods: { web: "2 of 2" },
        weights: home,
      };
      await expectSituation(stand, { ...promoted, records: ["2 deploying", "1 good"] });
      await phases(stand, second, "finish");
      await expectSituation(stand, { ...promoted, records: ["2 good", "1 good"], rollout: "none" });
      stand.nextRun();
      const third = await inputsOf(stand, plan, { version: "3" });
      await phases(stand, third, "deploy");
      await stand.ramp(30);
      await expectSituation(stand, { serves: ["2", "3"] });
      await phases(stand, third, "abort");
      await expectSituation(stand, {
        ...promoted,
        records: ["3 bad", "2 good", "1 good"],
        rollout: "none",
      });
      await expectNoneLost(prober);
    },
  },
  {
    name: "sequence-blue-green",
    isShort: false,
    run: async (stand) => {
      const plan = { strategy: "blue-green", more: { "watch-time": "2s" } } as const;
      await deliver(stand, plan, "1");
      await expectSituation(
        stand,
        {
          serves: ["1"],
          releases: { "web-blue": "1 deployed" },
          pods: { "web-blue": "2 of 1" },
          records: ["1 good"],
        },
        "web",
      );
      assert.equal(await selectedRelease(stand), "web-blue");
      const prober = await stand.probe({ service: "web" });
      const second = await inputsOf(stand, plan, { version: "2" });
      await phases(stand, second, "deploy");
      await expectSituation(
        stand,
        { serves: ["1"], pods: { "web-blue": "2 of 1", "web-green": "2 of 2" }, rollout: "candidate 0" },
        "web",
      );
      assert.equal(await selectedRelease(stand), "web-blue");
      await phases(stand, second, "promote");
      await expectSituation(
        stand,
        { serves: ["2"], pods: { "web-blue": "2 of 1", "web-green": "2 of 2" }, rollout: "verifying 100" },
        "web",
      );
      assert.equal(await selectedRelease(stand), "web-green");
      await phases(stand, second, "finish");
      const finished = { serves: ["2"], pods: { "web-green": "2 of 2" }, rollout: "none" };
      await expectSituation(stand, { ...finished, records: ["2 good", "1 good"] }, "web");
      stand.nextRun();
      const third = await inputsOf(stand, plan, { version: "3" });
      await phases(stand, third, "deploy");
      await expectSituation(
        stand,
        { serves: ["2"], pods: { "web-green": "2 of 2", "web-blue": "2 of 3" }, rollout: "candidate 0" },
        "web",
      );
      await phases(stand, third, "abort");
      await expectSituation(stand, { ...finished, records: ["3 bad", "2 good", "1 good"] }, "web");
      assert.equal(await selectedRelease(stand), "web-green");
      await expectNoneLost(prober);
    },
  },
];

type Stand = Parameters<DeliveryCase["run"]>[0];

/** The colour whose pods the front Service selects. */
async function selectedRelease(stand: Stand): Promise<string> {
  const selector = await stand.kubectl("get", "service", "web", "-o", "jsonpath={.spec.selector}");
  return (JSON.parse(selector) as Record<string, string>)["app.kubernetes.io/instance"] ?? "";
}

/** Each Service selects its own release's pods, and no other's. */
async function expectLabels(stand: Stand, ...releases: readonly string[]): Promise<void> {
  for (const release of releases) {
    const path = "jsonpath={.spec.selector.app\\.kubernetes\\.io/instance}";
    assert.equal(await stand.kubectl("get", "service", release, "-o", path), release);
    const made = (await stand.pods()).filter((pod) => pod.release === release);
    assert.ok(made.length > 0, `${release} has pods`);
  }
}
