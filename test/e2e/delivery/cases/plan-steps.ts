import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import type { ActionInputs, ActionRun } from "../action-process.ts";
import type { Stand } from "../stand.ts";
import { chartWith } from "./chart-copy.ts";

const deployment = "templates/workload.yaml";

/** Plans, with the difference that the plan wrote. */
export async function plan(
  stand: Stand,
  inputs: ActionInputs,
): Promise<ActionRun & { readonly diff: string }> {
  const run = await stand.run("helm-deploy", { phase: "plan", ...inputs });
  const path = run.outputs.diff;
  return { ...run, diff: path === undefined ? "" : await readFile(path, "utf8") };
}

/** The run is red, and its reasons say all of this. */
export function says(run: ActionRun, ...parts: readonly (string | RegExp)[]): void {
  assert.equal(run.verdict, "fail", `${run.verdict}: ${run.reasons.join("; ")}`);
  const text = run.reasons.join("\n");
  for (const part of parts) assert.match(text, typeof part === "string" ? new RegExp(escaped(part)) : part);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** The chart with another selector in Service and Deployment: what Helm finds out when the Service is changed already. */
export async function withOtherSelector(stand: Stand): Promise<string> {
  const label = (text: string) =>
    text.replace(
      /"app.kubernetes.io\/instance" .Release.Name/,
      '"app.kubernetes.io/instance" .Release.Name "tier" "web"',
    );
  const chart = await chartWith(stand, "other-selector", {});
  return chartWith(stand, "other-selector", {
    [deployment]: label(await readFile(`${chart}/${deployment}`, "utf8")),
    "templates/around.yaml": label(await readFile(`${chart}/templates/around.yaml`, "utf8")),
  });
}

/** The yaml blocks of the README that are an object of this kind. */
async function printed(kind: string): Promise<readonly Record<string, unknown>[]> {
  const text = await readFile(new URL("../../../../actions/helm-deploy/README.md", import.meta.url), "utf8");
  return [...text.matchAll(/^```yaml\n(apiVersion[\s\S]*?)^```/gm)]
    .map(([, yaml = ""]) => parse(yaml) as Record<string, unknown>)
    .filter((one) => one.kind === kind);
}

/** Gives the plan's identity dry runs, by the policy, binding and Role that the README prints. */
export async function permitDryRuns(stand: Stand): Promise<void> {
  const name = `plan-${stand.namespace}`;
  const subject = `system:serviceaccount:${stand.namespace}:planner`;
  const fitted = (object: unknown) =>
    JSON.parse(
      JSON.stringify(object)
        .replaceAll("sluice-plan-writes-nothing", name)
        .replaceAll("github:repo:acme/web:environment:production-plan", subject)
        .replaceAll('"namespace":"production"', `"namespace":"${stand.namespace}"`),
    ) as unknown;
  const [policy] = await printed("ValidatingAdmissionPolicy");
  const [binding] = await printed("ValidatingAdmissionPolicyBinding");
  const role = (await printed("Role")).find(
    ({ metadata }) => (metadata as { name: string }).name === "sluice-plan-dry-run",
  );
  await stand.apply(fitted(policy), fitted(binding), fitted(role), {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: { name: "sluice-plan-dry-run", namespace: stand.namespace },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "sluice-plan-dry-run" },
    subjects: [{ kind: "ServiceAccount", name: "planner", namespace: stand.namespace }],
  });
  const policyIsInForce = async () =>
    stand
      .kubectl("create", "configmap", "probe", `--as=${subject}`)
      .then(() => false)
      .catch((error: unknown) => /writes nothing/.test(String(error)));
  for (let n = 0; n < 60 && !(await policyIsInForce()); n++) {
    await stand.kubectl("delete", "configmap", "probe", "--ignore-not-found");
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Takes the policy away, which is of the whole cluster. */
export async function removePolicy(stand: Stand): Promise<void> {
  for (const kind of ["validatingadmissionpolicybinding", "validatingadmissionpolicy"])
    await stand.kubectl("delete", kind, `plan-${stand.namespace}`, "--ignore-not-found");
}
