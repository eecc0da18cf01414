import { runAction } from "../../platform/action.ts";
import { githubRunner } from "../../platform/github-runner.ts";
import { readInputs } from "./inputs.ts";

export function main(): Promise<void> {
  return runAction("helm-deploy", githubRunner, async (context) => {
    const inputs = await readInputs(context.runner, async (reference, login) => {
      const { resolveTag } = await import("./resolve-images.ts");
      return resolveTag(context, reference, login);
    });
    const { helmDeploy } = await import("./run.ts");
    return helmDeploy(inputs, context);
  });
}
