import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { lastLines, shell } from "../platform/shell.ts";
import type { World } from "./cluster/world.ts";
import { idTokenSeconds } from "./github/issuer.ts";
import { startGithub } from "./github/server.ts";

const step = new URL("token-renewal-step.ts", import.meta.url).pathname;

/**
 * One step that outlives two ID tokens: cluster access by OIDC, verified by the real API server, renewed by us. It runs
 * beside the scenarios because it takes more than ten minutes, and returns what went wrong.
 */
export async function outliveTokens(world: World): Promise<readonly string[]> {
  const folder = join(world.runFolder, "token-renewal");
  await mkdir(folder, { recursive: true });
  const [tlsKey, tlsCert, authority] = await Promise.all(
    [world.secondIssuer.key, world.secondIssuer.certificate, world.certificateAuthority].map((file) =>
      readFile(file, "utf8"),
    ),
  );
  const issuerPort = Number(new URL(world.secondIssuer.url).port);
  const github = await startGithub({
    owner: "acme",
    name: "web",
    artifactFolder: join(folder, "artifacts"),
    issuerPort,
    ...(tlsKey === undefined ? {} : { tlsKey }),
    ...(tlsCert === undefined ? {} : { tlsCert }),
  });
  const request = github.grantIdTokens({
    sub: "repo:acme/web:environment:staging",
    repository_owner: "acme",
  });
  const [output, summary] = [join(folder, "output"), join(folder, "summary")];
  await Promise.all([output, summary].map((file) => writeFile(file, "")));
  const ran = await shell(process.execPath, [step], {
    env: {
      PATH: `${world.tools}:${process.env.PATH ?? ""}`,
      RUNNER_TEMP: folder,
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: summary,
      ACTIONS_ID_TOKEN_REQUEST_URL: request.url,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: request.token,
      INPUT_NAMESPACE: "staging",
      INPUT_SERVER: world.apiServer,
      "INPUT_CERTIFICATE-AUTHORITY": authority,
      "INPUT_OIDC-AUDIENCE": world.secondIssuer.audience,
      INPUT_SECONDS: String(2 * idTokenSeconds + 30),
    },
  });
  await github.close();
  return ran.exitCode === 0
    ? []
    : [`the step exited with ${ran.exitCode}: ${lastLines(ran.stdout + ran.stderr)}`];
}
