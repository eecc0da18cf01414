import { type ActionContext, type ActionResult, runAction } from "../../platform/action.ts";
import { githubRunner } from "../../platform/github-runner.ts";
import { http } from "../../platform/http.ts";
import { registry } from "../../platform/registry.ts";
import { credentialsFrom } from "../../platform/registry-auth.ts";
import { readInputs } from "./inputs.ts";
import { reportBuild, reportTags } from "./report.ts";
import { buildAndPush, tagDigest } from "./run.ts";

export function main(): Promise<void> {
  return runAction("build-push", githubRunner, buildPush);
}

/** One step: reads the inputs, builds or tags, and says what came of it. */
export async function buildPush(context: ActionContext): Promise<ActionResult> {
  const { runner, shell, signal, mask } = context;
  const inputs = readInputs(runner);
  if (inputs.login?.kind === "password") mask(inputs.login.password);
  if (inputs.kind === "build") for (const secret of inputs.secrets.values()) mask(secret);
  const credentials = credentialsFrom({ runner, shell, login: inputs.login, host: inputs.image.registry });
  const client = registry({ http, credentials, signal });
  if (inputs.kind === "build") return reportBuild(inputs, await buildAndPush(inputs, client, context));
  return reportTags(inputs, await tagDigest(inputs, client));
}
