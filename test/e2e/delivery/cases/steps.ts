import assert from "node:assert/strict";
import type { ActionInputs, ActionRun, Stand } from "../stand.ts";

/** The inputs of a version under a strategy. A canary needs a route, made by `stand.route()`. */
export interface Plan {
  readonly strategy: "rolling" | "recreate" | "canary" | "blue-green";
  readonly traffic?: string;
  readonly set?: string;
  readonly more?: ActionInputs;
}

/** The inputs with which a version is deployed, and then promoted, aborted or finished. */
export async function inputsOf(
  stand: Stand,
  plan: Plan,
  { version, env = {} }: { readonly version: string; readonly env?: Readonly<Record<string, string>> },
): Promise<ActionInputs> {
  const image = await stand.image(version, env);
  return {
    image,
    version,
    strategy: plan.strategy,
    ...(plan.traffic === undefined ? {} : { traffic: plan.traffic }),
    ...(plan.strategy === "canary" ? { "candidate-set": "{track: candidate}" } : {}),
    ...(plan.set === undefined ? {} : { set: plan.set }),
    ...(await stand.gate(image)),
    ...plan.more,
  };
}

/** What makes an image crash at its start. */
export const crashing = { EXIT_AT_START: "3" } as const;

/** Runs phases one after another; each must pass. */
export async function phases(stand: Stand, inputs: ActionInputs, ...names: readonly string[]): Promise<void> {
  for (const phase of names) await stand.mustPass("helm-deploy", { ...inputs, phase });
}

/** A whole delivery of a good version in a run of its own: deploy, promote where there is something to, finish. */
export async function deliver(stand: Stand, plan: Plan, version: string): Promise<ActionInputs> {
  const inputs = await inputsOf(stand, plan, { version });
  const deploy = await stand.mustPass("helm-deploy", inputs);
  const hasCandidate = (deploy.outputs["candidate-release"] ?? "") !== "";
  await phases(stand, inputs, ...(hasCandidate ? ["promote", "finish"] : ["finish"]));
  stand.nextRun();
  return inputs;
}

/** The deploy of a version that cannot start: red, with the word for why. */
export async function deployBad(stand: Stand, plan: Plan, version: string): Promise<ActionRun> {
  const inputs = await inputsOf(stand, plan, { version, env: crashing });
  const run = await stand.run("helm-deploy", inputs);
  assert.equal(run.verdict, "fail", run.reasons.join("; "));
  assert.equal(run.exitCode, 1);
  assert.equal(run.outputs["failure-reason"], "crash", run.reasons.join("; "));
  stand.nextRun("failure");
  return run;
}
