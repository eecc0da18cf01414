import { expect, test } from "vitest";
import { workflowSection } from "../../src/tools/workflow-tables.ts";

const text = `# Deploys.
name: deploy
on:
  workflow_call:
    inputs:
      release: { description: Helm release, type: string, required: true }
      weight: { description: First weight, type: number, default: 5 }
    secrets:
      kubeconfig: { description: Kubeconfig, required: false }
`;

test("workflowSection() tells inputs with their defaults, secrets, and no table that would be empty", () => {
  const section = workflowSection("deploy.yml", text);
  expect(section).toContain("## deploy.yml\n\nDeploys.\n");
  expect(section).toContain("| `release` | Helm release | string | required |");
  expect(section).toContain("| `weight` | First weight | number | `5` |");
  expect(section).toContain("| `kubeconfig` | Kubeconfig |");
  expect(section).not.toContain("| output |");
});
