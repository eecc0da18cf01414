import { runAction } from "../../platform/action.ts";
import { githubRunner } from "../../platform/github-runner.ts";
import { readInputs } from "./inputs.ts";

export function main(): Promise<void> {
  return runAction("smoke-test", githubRunner, async (context) => {
    const inputs = readInputs(context.runner);
    const [{ smokeTest }, { probe }, { systemClock }] = await Promise.all([
      import("./run.ts"),
      import("../../platform/probe.ts"),
      import("../../platform/clock.ts"),
    ]);
    return smokeTest(inputs, context, { probe, clock: systemClock });
  });
}
