import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";

interface Role {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly rules: unknown;
}

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");

test.each(["sluice-deployer", "sluice-planner"])(
  "the README prints the rules of %s that the rehearsal works under",
  (name) => {
    const printed = [...read("actions/helm-deploy/README.md").matchAll(/```yaml\n(apiVersion[\s\S]*?)```/g)]
      .map(([, text]) => parse(text ?? "") as Role)
      .filter((role) => role.metadata.name === name);
    const used = parseAllDocuments(read("src/rehearsal/cluster/access.yaml"))
      .map((document) => document.toJS() as Role)
      .filter((role) => role.kind === "Role" && role.metadata.name === name);
    expect(printed).toHaveLength(1);
    expect(used.length).toBeGreaterThan(0);
    for (const role of used) expect(role.rules).toEqual(printed[0]?.rules);
  },
);
