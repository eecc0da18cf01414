import assert from "node:assert/strict";
import type { ReleaseState } from "../../../../src/domain/record/state.ts";
import { kubectl as kubectlOf } from "../../../../src/platform/kubectl.ts";
import { recordStore } from "../../../../src/platform/record-store.ts";
import { shell } from "../../../../src/platform/shell.ts";
import type { ActionInputs, ActionRun, Stand } from "../stand.ts";

const reason = "answers are wrong";

/** Rolls back as a person does, in a run of its own after the one before has ended. */
export function rollBack(stand: Stand, inputs: ActionInputs = {}): Promise<ActionRun> {
  stand.nextRun();
  return stand.run("rollback", { reason, ...inputs });
}

/** A rollback that must come to its end. */
export async function mustRollBack(stand: Stand, inputs: ActionInputs = {}): Promise<ActionRun> {
  const run = await rollBack(stand, inputs);
  assert.equal(run.verdict, "pass", run.reasons.join("; "));
  return run;
}

/** A rollback that must be refused with a sentence, and leave everything as it was. */
export async function mustRefuse(stand: Stand, inputs: ActionInputs, says: RegExp): Promise<void> {
  const before = await look(stand);
  const run = await rollBack(stand, inputs);
  assert.equal(run.verdict, "fail", run.reasons.join("; "));
  assert.match(run.reasons.join("; "), says);
  assert.deepEqual(await look(stand), before);
}

/** Everything a rollback could touch. */
async function look(stand: Stand): Promise<unknown> {
  const [names, state] = await Promise.all([stand.releases(), stand.records()]);
  return { histories: await Promise.all(names.map((name) => stand.history(name))), state };
}

/** The version that answers through a Service, and nothing else, as soon as routes have followed. */
export async function mustServe(stand: Stand, version: string, service?: string): Promise<void> {
  const isAlone = (versions: readonly string[]) => versions.length === 1 && versions[0] === version;
  assert.deepEqual(await stand.versionsOnce(isAlone, service), [version]);
}

/** Helm's revisions in short. */
export async function revisions(stand: Stand, release = "web"): Promise<readonly string[]> {
  return (await stand.history(release)).map(({ revision, status }) => `${revision} ${status}`);
}

/** Records in short, newest first. */
export async function recordsIn(stand: Stand): Promise<readonly string[]> {
  const { records } = await stand.records();
  return records.map(({ strategy, status, revision }) => `${strategy} ${status} ${revision ?? "-"}`);
}

/** Changes what we keep about the release, as something that went wrong would. */
export async function changeState(
  stand: Stand,
  change: (state: ReleaseState) => ReleaseState,
): Promise<void> {
  const { parts, kubeconfig } = stand.world;
  const kubectl = kubectlOf(shell, { program: parts.kubectl, env: { KUBECONFIG: kubeconfig } });
  await recordStore(kubectl, "web", stand.namespace).update(change);
}

/** The checks of a rollback: name and result. */
export function checksOf(run: ActionRun): Readonly<Record<string, string>> {
  const checks = (run.evidence?.details.checks ?? []) as readonly { name: string; result: string }[];
  return Object.fromEntries(checks.map(({ name, result }) => [name, result]));
}
