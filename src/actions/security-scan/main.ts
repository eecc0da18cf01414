import { runAction } from "../../platform/action.ts";
import { githubRunner } from "../../platform/github-runner.ts";
import { readInputs } from "./inputs.ts";

export function main(): Promise<void> {
  return runAction("security-scan", githubRunner, async (context) => {
    const inputs = readInputs(context.runner);
    const [{ securityScan }, { http }, { systemClock }, { githubApi }] = await Promise.all([
      import("./run.ts"),
      import("../../platform/http.ts"),
      import("../../platform/clock.ts"),
      import("../../platform/github-api.ts"),
    ]);
    if (inputs.githubToken !== undefined) context.mask(inputs.githubToken);
    const github = githubApi(inputs.githubToken ?? "", context.runner.env);
    return securityScan(inputs, context, { http, clock: systemClock, github });
  });
}
