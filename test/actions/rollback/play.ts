import { readInputs } from "../../../src/actions/rollback/inputs.ts";
import { rollback } from "../../../src/actions/rollback/run.ts";
import { reasonsOf } from "../../../src/core/verdict.ts";
import type { ActionContext } from "../../../src/platform/action.ts";
import { record, rollout, run, stateOf } from "../../domain/rollback/records.ts";
import { fakeRunner } from "../../fakes/fake-runner.ts";
import { type FakeWorld, fakeParts } from "./fake-parts.ts";

export const traffic = `provider: gateway
route: {name: web}
stable: {service: web}
candidate: {service: web-candidate}
confirm: {url: "http://127.0.0.1:1/version"}
`;

export const given = {
  release: "web",
  namespace: "shop",
  reason: "errors after the deploy",
  kubeconfig: "apiVersion: v1",
  traffic,
};

export const automatic = { automatic: "true" };
export const recover = { mode: "recover" };

/** Rolls back in a fake world, as the run and job that `own` names. */
export async function play(
  inputs: Readonly<Record<string, string>>,
  world: FakeWorld,
  { runId = "100", job = "deploy", cancelled = new AbortController().signal } = {},
) {
  const runner = fakeRunner("rollback", { ...given, ...inputs });
  const fake = fakeParts(world);
  const context = {
    runner,
    signal: cancelled,
    run: { ...run, runId, job, commit: "c0ffee", actor: "octocat" },
  } as unknown as ActionContext;
  const result = await rollback(await readInputs(runner), context, fake.parts);
  const made = (result.details.checks ?? []) as readonly { name: string; result: string; sentence: string }[];
  const checks = Object.fromEntries(made.map((one) => [one.name, `${one.result}: ${one.sentence}`]));
  return { ...fake, result, checks, kind: result.verdict.kind, reasons: reasonsOf(result.verdict) };
}

const canaryRecord = record(9, { status: "deploying", previousRevision: 1, deploymentId: 9 });
export const { revision: _none, ...canaryOpen } = canaryRecord;
export const inCanary = stateOf([canaryOpen, record(1, { deploymentId: 1 })], rollout());
export const canary: FakeWorld = { state: inCanary, helm: "1 deployed", weight: 15, isOver: true };
export const promoted = stateOf(
  [record(9, { status: "deploying", revision: 2, previousRevision: 1 }), record(1)],
  rollout({ phase: "promoting" }),
);
export const rolled = stateOf([
  record(9, { status: "deploying", revision: 2, previousRevision: 1, deploymentId: 9 }),
  record(1, { deploymentId: 1 }),
]);
