import assert from "node:assert/strict";
import type { DeliveryCase } from "../case.ts";
import { chartWith, stateOf } from "./chart-copy.ts";
import { plan, says } from "./plan-steps.ts";

/** What a plan says of every strategy, and of custom resource definitions. */
export const planStrategyCases: readonly DeliveryCase[] = [
  {
    name: "plan-strategies",
    isShort: false,
    run: async (stand) => {
      await stand.install("1");
      const image = await stand.image("2");
      const recreate = await plan(stand, { image, strategy: "recreate" });
      assert.match(recreate.summary, /downtime \| about \d+ s without an answer/);
      const traffic = await stand.route();
      const canary = await plan(stand, { image, strategy: "canary", traffic });
      assert.equal(canary.outputs["candidate-release"], "web-candidate", canary.reasons.join("; "));
      assert.match(canary.summary, /in all at least \| twice the rollout/);
      const blueGreen = { release: "shop", strategy: "blue-green", "watch-time": "5s" };
      const first = await plan(stand, { ...blueGreen, image });
      assert.equal(first.outputs["candidate-release"], "shop-blue", first.reasons.join("; "));
      const one = await stand.image("1");
      const held = {
        ...blueGreen,
        image: one,
        plan: (await plan(stand, { ...blueGreen, image: one })).outputs.plan ?? "",
      };
      await stand.mustPass("helm-deploy", held);
      await stand.mustPass("helm-deploy", { ...held, phase: "finish", ...(await stand.gate(one)) });
      stand.nextRun();
      const second = await plan(stand, { ...blueGreen, image });
      assert.equal(second.verdict, "pass", second.reasons.join("; "));
      assert.equal(second.outputs["candidate-release"], "shop-green");
      assert.match(second.diff, /~ Deployment shop-blue\n(.*\n)*.*image: /);
      assert.doesNotMatch(second.diff, /\+ Service/);
      const same = await stand.mustPass("helm-deploy", { ...blueGreen, image: one });
      assert.equal(same.outputs.changed, "false");
      await stand.mustPass("helm-deploy", {
        ...blueGreen,
        image: one,
        phase: "finish",
        ...(await stand.gate(one)),
      });
    },
  },
  {
    name: "plan-definitions",
    isShort: false,
    run: async (stand) => {
      const group = `${stand.namespace}.example.test`;
      const definition = (versions: readonly string[]) =>
        JSON.stringify({
          apiVersion: "apiextensions.k8s.io/v1",
          kind: "CustomResourceDefinition",
          metadata: { name: `bars.${group}` },
          spec: {
            group,
            scope: "Namespaced",
            names: { kind: "Bar", plural: "bars", singular: "bar" },
            versions: versions.map((name, index) => ({
              name,
              served: true,
              storage: index === 0,
              schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
            })),
          },
        });
      const bar = `apiVersion: ${group}/v1\nkind: Bar\nmetadata: {name: one}\n`;
      const withBars = (versions: readonly string[]) =>
        chartWith(stand, "with-bars", { "crds/bars.yaml": definition(versions), "templates/bar.yaml": bar });
      const image = await stand.image("1");
      const admin = { image, kubeconfig: stand.world.kubeconfig, crds: "apply" };
      const chart = await withBars(["v1"]);
      const first = await plan(stand, { ...admin, chart });
      assert.equal(first.verdict, "pass", first.reasons.join("; "));
      assert.match(first.diff, /\+ CustomResourceDefinition bars\./);
      await stand.mustPass("helm-deploy", { ...admin, chart });
      stand.nextRun();
      await withBars(["v2", "v1"]);
      const skip = await plan(stand, { ...admin, chart, crds: "skip" });
      assert.match(skip.summary, /CustomResourceDefinition bars\.\S+ differs from the chart's/);
      await stand.mustPass("helm-deploy", { ...admin, chart });
      const served = await stand.kubectl(
        "get",
        "crd",
        `bars.${group}`,
        "-o",
        "jsonpath={.spec.versions[*].name}",
      );
      assert.equal(served, "v2 v1");
      stand.nextRun();
      await withBars(["v2"]);
      says(await plan(stand, { ...admin, chart }), /objects are stored in version v1/);
      const before = await stateOf(stand);
      says(await stand.run("helm-deploy", { ...admin, chart }), /objects are stored in version v1/);
      assert.equal(await stateOf(stand), before);
      await stand.kubectl("delete", "crd", `bars.${group}`);
    },
  },
];
