import assert from "node:assert/strict";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { prepareHelm3 } from "../../../../src/rehearsal/parts/prepare.ts";
import type { ActionInputs, ActionRun } from "../action-process.ts";
import type { Stand } from "../stand.ts";
import { type Fault, inputsOf } from "./faults.ts";
import { mustServe as serves } from "./rollback-steps.ts";

/** Which Helm a case is played with: the world's own, or the one of the generation before. */
export interface Helm {
  readonly suffix: "" | "-helm3";
  run(stand: Stand, inputs: ActionInputs): Promise<ActionRun>;
}

export const helm4: Helm = { suffix: "", run: (stand, inputs) => stand.run("helm-deploy", inputs) };

export const helm3: Helm = {
  suffix: "-helm3",
  run: async (stand, inputs) => {
    const folder = join(stand.folder, "helm3");
    await mkdir(folder, { recursive: true });
    const program = await prepareHelm3((line) => console.log(line));
    await symlink(program, join(folder, "helm")).catch(() => undefined);
    const env = { PATH: `${folder}:${stand.world.tools}:${process.env.PATH ?? ""}` };
    return stand.run("helm-deploy", { ...inputs, "helm-version": "3.21.4" }, { env });
  },
};

/** Deploys version 1 and finishes it: a proven way back. */
export async function install(stand: Stand, helm: Helm, set = "{}"): Promise<void> {
  const image = await stand.image("1");
  const inputs = { image, version: "1", timeout: "180s", set };
  const deploy = await helm.run(stand, inputs);
  assert.equal(deploy.verdict, "pass", deploy.reasons.join("; "));
  const finish = await helm.run(stand, { ...inputs, phase: "finish", ...(await stand.gate(image)) });
  assert.equal(finish.verdict, "pass", finish.reasons.join("; "));
}

/** Plays faults one after the other in one namespace: each goes red with its sentence, and version 1 serves. */
export async function playFaults(stand: Stand, helm: Helm, faults: readonly Fault[]): Promise<void> {
  await install(stand, helm);
  for (const fault of faults) await playFault(stand, helm, fault);
}

export async function playFault(stand: Stand, helm: Helm, fault: Fault): Promise<void> {
  const around = fault.around?.(stand.namespace) ?? [];
  if (around.length > 0) await stand.apply(...around);
  stand.nextRun("failure");
  const run = await helm.run(stand, inputsOf(fault, await stand.image("2")));
  console.log(`  ${fault.name}${helm.suffix}: ${run.seconds.toFixed(1)} s, ${run.reasons.join("; ")}`);
  for (const object of around) {
    const { kind, metadata } = object as { kind: string; metadata: { name: string } };
    await stand.kubectl("delete", kind, metadata.name);
  }
  mustBeRed(run, fault);
  mustExplainFirst(run, fault.name);
  await mustServe(stand, fault.name);
}

export function mustBeRed(
  run: ActionRun,
  { name, reason, says }: Pick<Fault, "name" | "reason" | "says">,
): void {
  assert.equal(run.exitCode, 1, name);
  assert.equal(run.verdict, "fail", `${name}: ${run.reasons.join("; ")}`);
  assert.match(run.reasons[0] ?? "", says, name);
  assert.equal(run.outputs["failure-reason"], reason, name);
}

/** Nothing was rolled back before everything that explains was gathered. */
export function mustExplainFirst(run: ActionRun, name: string): void {
  const at = (pattern: RegExp) => run.lines.findIndex(({ text }) => pattern.test(text));
  const said = at(/^Failed \(/);
  const back = at(/^Rolling web back to revision \d+/);
  assert.ok(said >= 0 && back > said, `${name}: explained at line ${said}, rolled back at ${back}`);
  const annotation = at(/^::error title=web failed%3A \w+::/);
  assert.ok(annotation > said && annotation < back, `${name}: annotated at line ${annotation}`);
  const conditions = at(/^::group::Conditions/);
  assert.ok(conditions > said && conditions < back, `${name}: conditions at line ${conditions}`);
  const details = run.evidence?.details ?? {};
  assert.ok(Array.isArray(details.conditions) && details.conditions.length > 0, name);
  assert.match(run.summary, /\*\*Conditions\*\*/, name);
}

/** Version 1 serves, and Helm holds no lock. */
export async function mustServe(stand: Stand, name: string): Promise<void> {
  await serves(stand, "1", "web");
  const history = await stand.history();
  const pending = history.filter(({ status }) => status.startsWith("pending"));
  assert.deepEqual(pending, [], name);
  assert.equal(history.at(-1)?.status, "deployed", name);
}

/** What the README says to add for charts that have these kinds. */
export async function grantControllers(stand: Stand): Promise<void> {
  const { namespace } = stand;
  const metadata = { name: "controllers", namespace };
  const all = ["get", "list", "watch", "create", "update", "patch", "delete"];
  await stand.apply(
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata,
      rules: [
        { apiGroups: ["apps"], resources: ["statefulsets", "daemonsets"], verbs: all },
        { apiGroups: ["apps"], resources: ["controllerrevisions"], verbs: ["get", "list", "watch"] },
      ],
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "controllers" },
      subjects: [{ kind: "ServiceAccount", name: "deployer", namespace }],
    },
  );
}
