import { expect, test } from "vitest";
import { readInputs } from "../../../src/actions/rollback/inputs.ts";
import { fakeRunner } from "../../fakes/fake-runner.ts";

const good = { release: "web", namespace: "shop", reason: "errors", kubeconfig: "apiVersion: v1" };

test("readInputs() fills in what is not given", async () => {
  expect(await readInputs(fakeRunner("rollback", good))).toMatchObject({
    mode: "rollback",
    to: { kind: "last-good" },
    isAutomatic: false,
    allowUnverified: false,
    verify: true,
    dryRun: false,
    timeLimitMs: 300_000,
  });
});

test("readInputs() needs no reason to recover", async () => {
  const { reason } = await readInputs(fakeRunner("rollback", { ...good, reason: "", mode: "recover" }));
  expect(reason).toBe("Its run ended before the rollout did");
});

test.each([
  { change: { release: "" }, says: 'Input "release" is required: got nothing' },
  { change: { release: "Web_1" }, says: 'Input "release" must be the name of a Helm release: got "Web_1"' },
  { change: { namespace: "" }, says: 'Input "namespace" is required: got nothing' },
  { change: { namespace: "Shop" }, says: 'Input "namespace" must be a Kubernetes namespace' },
  { change: { mode: "undo" }, says: 'Input "mode" must be one of rollback, recover, lift-hold: got "undo"' },
  { change: { reason: "" }, says: 'Input "reason" is required to roll back: got nothing' },
  { change: { to: "yesterday" }, says: 'Input "to" must be last-good, -1 or further back, a revision' },
  { change: { automatic: "yes" }, says: 'Input "automatic" must be true or false: got "yes"' },
  { change: { verify: "1" }, says: 'Input "verify" must be true or false: got "1"' },
  { change: { "allow-unverified": "no" }, says: 'Input "allow-unverified" must be true or false' },
  { change: { "dry-run": "maybe" }, says: 'Input "dry-run" must be true or false' },
  {
    change: { "time-limit": "five" },
    says: 'Input "time-limit" must be a duration such as 90s, 5m or 1h30m: got "five"',
  },
  { change: { "time-limit": "1s" }, says: 'Input "time-limit" must be from 10s to 1h: got "1s"' },
  { change: { "time-limit": "2h" }, says: 'Input "time-limit" must be from 10s to 1h: got "2h"' },
  {
    change: { traffic: "/nowhere/traffic.yaml" },
    says: 'Input "traffic" must be YAML or the path of a file',
  },
  { change: { traffic: "provider: istio" }, says: 'Input "traffic" must have "route"' },
  { change: { "registry-username": "octocat" }, says: 'Input "registry-password" is required' },
  { change: { server: "https://cluster" }, says: 'Inputs "kubeconfig" and "server" exclude each other' },
  {
    change: { kubeconfig: "", server: "http://cluster", "oidc-audience": "x" },
    says: 'Input "server" must be an https URL',
  },
])("readInputs() refuses $change", async ({ change, says }) => {
  const runner = { ...fakeRunner("rollback", { ...good, ...change }), env: {} };
  await expect(readInputs(runner)).rejects.toThrow(says);
});
