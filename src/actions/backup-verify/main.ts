import { runAction } from "../../platform/action.ts";
import { githubRunner } from "../../platform/github-runner.ts";
import { readInputs } from "./inputs.ts";

export function main(): Promise<void> {
  return runAction("backup-verify", githubRunner, async (context) => {
    const inputs = readInputs(context.runner);
    const { backupVerify } = await import("./run.ts");
    return backupVerify(inputs, context, () => Date.now());
  });
}
