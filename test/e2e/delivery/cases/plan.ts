import assert from "node:assert/strict";
import type { DeliveryCase } from "../case.ts";
import { chartWith, stateOf } from "./chart-copy.ts";
import { permitDryRuns, plan, removePolicy, says, withOtherSelector } from "./plan-steps.ts";

/** What a plan says, and that the deploy is held to it. */
export const planCases: readonly DeliveryCase[] = [
  {
    name: "plan-dry-run-policy",
    isShort: true,
    run: async (stand) => {
      await stand.install("1");
      const image = await stand.image("2");
      const before = await stateOf(stand);
      const asPlanner = { image, version: "2", kubeconfig: stand.planner };
      const computed = await plan(stand, asPlanner);
      assert.equal(computed.verdict, "pass", computed.reasons.join("; "));
      assert.match(computed.diff, /# computed from the live objects.*cannot patch/);
      await permitDryRuns(stand);
      try {
        const asked = await plan(stand, asPlanner);
        assert.equal(asked.verdict, "pass", asked.reasons.join("; "));
        assert.match(asked.diff, /# by a server-side dry run/);
        const rest = (text: string) => text.split("\n# ")[0];
        assert.equal(rest(asked.diff), rest(computed.diff));
        const write = stand.kubectl(
          ...["label", "service", "web", "a=b"],
          `--as=system:serviceaccount:${stand.namespace}:planner`,
        );
        await assert.rejects(write, /the identity of the plan writes nothing/);
        const selector = await plan(stand, { ...asPlanner, chart: await withOtherSelector(stand) });
        says(selector, /Deployment web: spec\.selector cannot be changed/);
      } finally {
        await removePolicy(stand);
      }
      assert.equal(await stateOf(stand), before);
    },
  },
  {
    name: "plan-immutable-selector",
    isShort: true,
    run: async (stand) => {
      const image = await stand.install("1");
      const chart = await withOtherSelector(stand);
      const before = await stateOf(stand);
      const prober = await stand.probe({ service: "web", requestsPerSecond: 50 });
      says(await plan(stand, { image, chart }), /Deployment web: spec\.selector cannot be changed/);
      const deploy = await stand.run("helm-deploy", { image, chart });
      says(deploy, /Deployment web: spec\.selector cannot be changed/);
      assert.equal(deploy.outputs["failure-reason"], "refused");
      assert.equal(await stateOf(stand), before);
      const { lost, total } = await prober.stop();
      assert.equal(lost, 0);
      assert.ok(total > 50, `${total} requests`);
    },
  },
  {
    name: "plan-drift",
    isShort: false,
    run: async (stand) => {
      const image = await stand.install("1", { set: "{config: {A: one}}" });
      const same = { image, set: "{config: {A: one}}" };
      const nothing = await plan(stand, same);
      assert.equal(nothing.outputs.changed, "false", nothing.diff);
      assert.match(nothing.diff, /^nothing changes$/m);
      await stand.kubectl("scale", "deployment", "web", "--replicas=3");
      await stand.kubectl("patch", "configmap", "web", "-p", '{"data": {"A": "two", "EXTRA": "theirs"}}');
      await stand.kubectl("delete", "service", "web");
      for (const kubeconfig of [stand.deployer, stand.planner]) {
        const drifted = await plan(stand, { ...same, kubeconfig });
        assert.equal(drifted.verdict, "pass", drifted.reasons.join("; "));
        assert.equal(drifted.outputs.changed, "true");
        assert.match(
          drifted.summary,
          /Deployment web was changed in the cluster since the last revision: spec\.replicas/,
        );
        assert.match(
          drifted.summary,
          /ConfigMap web was changed in the cluster since the last revision: data\.A\./,
        );
        assert.match(
          drifted.summary,
          /Service web was changed in the cluster since the last revision: it is gone/,
        );
        assert.doesNotMatch(drifted.diff, /EXTRA/);
        assert.match(drifted.diff, /- {3}spec\.replicas: 3\n\+ {3}spec\.replicas: 2/);
      }
    },
  },
  {
    name: "plan-held-to",
    isShort: false,
    run: async (stand) => {
      await stand.install("1");
      const secret = `apiVersion: v1
kind: Secret
metadata: {name: {{ .Release.Name }}-key}
stringData: {key: {{ .Values.key | default "fixed" | quote }}, random: {{ ternary (randAlphaNum 12) "fixed" (eq .Values.key "random") | quote }}}
`;
      const chart = await chartWith(stand, "with-secret", { "templates/secret.yaml": secret });
      const image = await stand.image("2");
      const inputs = { image, version: "2", chart, set: "{key: hush-hush}" };
      const random = await plan(stand, { ...inputs, set: "{key: random}" });
      says(random, "Secret web-key: stringData.random is another each time the chart is rendered");
      const reviewed = await plan(stand, inputs);
      assert.equal(reviewed.verdict, "pass", reviewed.reasons.join("; "));
      assert.doesNotMatch(JSON.stringify(reviewed), /hush-hush/);
      const held = { ...inputs, plan: reviewed.outputs.plan ?? "" };
      says(await stand.run("helm-deploy", { ...held, set: "{key: other}" }), "The values differ");
      const changed = await chartWith(stand, "with-secret", {
        "templates/secret.yaml": secret.replace("stringData:", "immutable: true\nstringData:"),
      });
      const other = await stand.run("helm-deploy", { ...held, chart: changed });
      says(other, "What the chart renders now differs from the plan (Secret web-key)");
      await chartWith(stand, "with-secret", { "templates/secret.yaml": secret });
      await stand.mustPass("helm-deploy", held);
      stand.nextRun("failure");
      says(await stand.run("helm-deploy", held), "the plan was made at 1: re-run all jobs");
    },
  },
  {
    name: "plan-unchanged",
    isShort: false,
    run: async (stand) => {
      const image = await stand.install("1");
      const gate = await stand.gate(image);
      const again = await stand.mustPass("helm-deploy", { image, version: "1" });
      assert.equal(again.outputs.changed, "false");
      assert.equal(again.outputs.revision, "1");
      const { records } = await stand.records();
      assert.equal(again.outputs.record, records[0]?.id);
      assert.equal((await stand.history()).length, 1);
      const finish = await stand.mustPass("helm-deploy", { image, phase: "finish", ...gate });
      assert.equal(finish.outputs.record, records[0]?.id);
      stand.nextRun();
      const forced = await stand.mustPass("helm-deploy", { image, version: "1", force: true });
      assert.deepEqual([forced.outputs.changed, forced.outputs.revision], ["true", "2"]);
      await stand.mustPass("helm-deploy", { image, phase: "finish", ...gate });
      stand.nextRun();
      await stand.kubectl("label", "service", "web", "app.kubernetes.io/name=moved", "--overwrite");
      const drifted = await stand.mustPass("helm-deploy", { image, version: "1" });
      assert.deepEqual([drifted.outputs.changed, drifted.outputs.revision], ["true", "3"]);
    },
  },
];
