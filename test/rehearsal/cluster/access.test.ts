import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

interface Document {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly Rule[];
  readonly roleRef?: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string }[];
}

const file = new URL("../../../src/rehearsal/cluster/access.yaml", import.meta.url);
const documents = parseAllDocuments(readFileSync(file, "utf8")).map((one) => one.toJS() as Document);

test("access.yaml gives nothing outside a namespace and no wildcard", () => {
  expect(documents.map(({ kind }) => kind)).not.toContain("ClusterRole");
  expect(documents.map(({ kind }) => kind)).not.toContain("ClusterRoleBinding");
  for (const { metadata, rules = [] } of documents) {
    expect(["staging", "production"]).toContain(metadata.namespace);
    const words = rules.flatMap(({ apiGroups, resources, verbs }) => [...apiGroups, ...resources, ...verbs]);
    expect(words).not.toContain("*");
    expect(words).not.toContain("roles");
    expect(words).not.toContain("rolebindings");
    expect(words).not.toContain("pods/exec");
  }
});

test("access.yaml lets the plan's identity get and list only", () => {
  const planners = documents.filter(
    ({ kind, metadata }) => kind === "Role" && metadata.name === "sluice-planner",
  );
  expect(planners).toHaveLength(2);
  for (const { rules = [] } of planners) {
    for (const { verbs } of rules) expect(verbs).toEqual(["get", "list"]);
  }
});

test.each(["staging", "production"])(
  "access.yaml binds one subject per GitHub environment in %s",
  (environment) => {
    const bound = documents
      .filter(({ kind, metadata }) => kind === "RoleBinding" && metadata.namespace === environment)
      .map(({ roleRef, subjects = [] }) => [roleRef?.name, subjects.map(({ name }) => name)]);
    const subject = `github:repo:acme/web:environment:${environment}`;
    expect(bound).toEqual([
      ["sluice-deployer", [subject, `${subject}-recovery`]],
      ["sluice-planner", [`${subject}-plan`]],
    ]);
  },
);
