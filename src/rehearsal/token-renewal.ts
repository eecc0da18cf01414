import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { OutsideError } from "../core/errors.ts";
import { textAt } from "../core/json.ts";
import { shell } from "../platform/shell.ts";
import { answers } from "./cluster/probe.ts";
import type { World } from "./cluster/world.ts";
import { idTokenSeconds } from "./github/issuer.ts";
import { startGithub } from "./github/server.ts";

const step = new URL("token-renewal-step.ts", import.meta.url).pathname;

/**
 * One step that outlives two ID tokens: cluster access by OIDC, verified by the real API server, renewed by us. It runs
 * beside the scenarios because it takes more than ten minutes, and returns what went wrong.
 */
export async function outliveTokens(
  world: World,
  seconds = 2 * idTokenSeconds + 30,
): Promise<readonly string[]> {
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
  await waitUntilKnown(world, request, authority ?? "");
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
      INPUT_SECONDS: String(seconds),
    },
  });
  await github.close();
  if (ran.exitCode === 0) return [];
  const said = ran.stdout.split("\n").filter((line) => line.startsWith("::error::"));
  return [`the step exited with ${ran.exitCode}: ${said.join("; ")}`];
}

interface TokenRequest {
  readonly url: string;
  readonly token: string;
}

/** The API server looks only every ten seconds for an issuer that was not there when it started. */
async function waitUntilKnown(world: World, request: TokenRequest, ca: string): Promise<void> {
  const audience = encodeURIComponent(world.secondIssuer.audience);
  const answer = await fetch(`${request.url}&audience=${audience}`, {
    headers: { authorization: `Bearer ${request.token}` },
  });
  const headers = { authorization: `Bearer ${textAt(await answer.json(), "value")}` };
  for (let tries = 0; tries < 60; tries++) {
    if (await answers(`${world.apiServer}/version`, { ca, headers })) return;
    await sleep(1000);
  }
  throw new OutsideError("The API server did not come to know the second issuer within a minute");
}
