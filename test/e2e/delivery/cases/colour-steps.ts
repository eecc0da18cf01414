import assert from "node:assert/strict";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { prepareHelm3 } from "../../../../src/rehearsal/parts/prepare.ts";
import type { ActionInputs, ActionRun } from "../action-process.ts";
import type { RunOptions, Stand } from "../stand.ts";

/** Names and inputs of a version that is deployed in colours. */
export async function colourInputs(
  stand: Stand,
  version: string,
  more: ActionInputs = {},
): Promise<ActionInputs> {
  const image = await stand.image(version);
  return { strategy: "blue-green", "watch-time": "2s", timeout: "3m", image, version, ...more };
}

/** Runs phases of one version, each of which must pass. */
export async function walkPhases(
  stand: Stand,
  inputs: ActionInputs,
  phases: readonly ("deploy" | "promote" | "abort" | "finish")[],
  options: RunOptions = {},
): Promise<ActionRun> {
  let last: ActionRun | undefined;
  for (const phase of phases) {
    const gate = phase === "finish" ? await stand.gate(String(inputs.image)) : {};
    last = await stand.mustPass("helm-deploy", { ...inputs, ...gate, phase }, options);
  }
  if (last === undefined) throw new Error("there is a phase");
  return last;
}

/** The first version, deployed and finished: blue serves it. */
export async function firstColour(
  stand: Stand,
  more: ActionInputs = {},
  options: RunOptions = {},
): Promise<void> {
  const inputs = await colourInputs(stand, "1", more);
  const deploy = await walkPhases(stand, inputs, ["deploy"], options);
  assert.equal(deploy.outputs["candidate-release"], "");
  assert.match(deploy.summary, /first deploy: nothing to compare/);
  await walkPhases(stand, inputs, ["finish"], options);
  stand.nextRun();
}

/** Who answers is this version alone. */
export async function mustServe(stand: Stand, version: string, service?: string): Promise<void> {
  const answers = await stand.answers(20, service);
  assert.deepEqual([...new Set(answers.map((one) => one?.version))], [version]);
}

/** The colour that the front Service selects. */
export async function selected(stand: Stand): Promise<string> {
  const path = "jsonpath={.spec.selector.app\\.kubernetes\\.io/instance}";
  return stand.kubectl("get", "service", "web", "-o", path);
}

/** Helm's revisions of a release, as `1 deployed`. */
export async function statuses(stand: Stand, release: string): Promise<readonly string[]> {
  return (await stand.history(release)).map(({ revision, status }) => `${revision} ${status}`);
}

/** Waits until something is so, as long as a case may. */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`It did not come to pass: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Options that make an action find the generation of Helm before. */
export async function withHelm3(stand: Stand): Promise<RunOptions> {
  const folder = join(stand.folder, "helm3");
  await mkdir(folder, { recursive: true });
  const program = await prepareHelm3((line) => console.log(line));
  await symlink(program, join(folder, "helm")).catch(() => undefined);
  return { env: { PATH: `${folder}:${stand.world.tools}:${process.env.PATH ?? ""}` } };
}
