import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { credentialsFrom, readRegistryLogin } from "../../src/platform/registry-auth.ts";
import { shell } from "../../src/platform/shell.ts";

const auth = Buffer.from("bob:se:cret").toString("base64");
const bob = { kind: "password", user: "bob", password: "se:cret" };

test.each([
  { name: "an entry of the host", document: { auths: { "ghcr.io": { auth } } }, host: "ghcr.io", found: bob },
  {
    name: "an entry written as a URL",
    document: { auths: { "https://ghcr.io": { auth } } },
    host: "ghcr.io",
    found: bob,
  },
  {
    name: "Docker Hub's old name",
    document: { auths: { "https://index.docker.io/v1/": { auth } } },
    host: "docker.io",
    found: bob,
  },
  {
    name: "an identity token",
    document: { auths: { "a.azurecr.io": { identitytoken: "t" } } },
    host: "a.azurecr.io",
    found: { kind: "identity", token: "t" },
  },
  {
    name: "nothing for another host",
    document: { auths: { "ghcr.io": { auth } } },
    host: "quay.io",
    found: undefined,
  },
])("credentialsFrom() finds $name", async ({ document, host, found }) => {
  expect(await inHome(document).credentials(host)).toEqual(found);
});

test("credentialsFrom() gives the login to its own host only", async () => {
  const { runner } = inHome({ auths: {} });
  const login = { kind: "password", user: "eve", password: "x" } as const;
  const credentials = credentialsFrom({ runner, shell, login, host: "ghcr.io" });
  expect(await credentials("ghcr.io")).toEqual(login);
  expect(await credentials("quay.io")).toBeUndefined();
});

test("credentialsFrom() asks the helper that the auth file names", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-helper-"));
  const helper = join(folder, "docker-credential-fake");
  writeFileSync(
    helper,
    '#!/bin/sh\nread host\necho "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"for-$host\\"}"\n',
  );
  chmodSync(helper, 0o755);
  const { runner } = inHome({ credHelpers: { "eu.gcr.io": "fake" } });
  const run: typeof shell = (program, args, options) => shell(join(folder, program), args, options);
  const credentials = credentialsFrom({ runner, shell: run, host: "eu.gcr.io" });
  expect(await credentials("eu.gcr.io")).toEqual({ kind: "identity", token: "for-eu.gcr.io" });
});

test("credentialsFrom() refuses an auth file that is not JSON without quoting it", async () => {
  const { credentials } = inHome('{"auths": {"ghcr.io": {"auth": "c2VjcmV0');
  const problem = await credentials("ghcr.io").catch((error: Error) => error.message);
  expect(problem).toMatch(/could not be read: it is not a JSON object/);
  expect(problem).not.toMatch(/c2Vj/);
});

test.each([
  { given: { "registry-username": "bob" }, says: /"registry-password" is required/ },
  { given: { "registry-password": "x" }, says: /"registry-username" is required/ },
])("readRegistryLogin() wants both or neither", ({ given, says }) => {
  const inputs: Readonly<Record<string, string>> = given;
  expect(() => readRegistryLogin({ get: (name) => inputs[name] ?? "" })).toThrow(says);
});

function inHome(document: unknown) {
  const home = mkdtempSync(join(tmpdir(), "sluice-home-"));
  mkdirSync(join(home, ".docker"));
  const text = typeof document === "string" ? document : JSON.stringify(document);
  writeFileSync(join(home, ".docker", "config.json"), text);
  const runner = { env: { HOME: home, XDG_RUNTIME_DIR: home } };
  return { runner, credentials: credentialsFrom({ runner, shell, host: "nowhere" }) };
}
