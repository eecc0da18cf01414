import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeJwt } from "jose";
import { expect, onTestFinished, test } from "vitest";
import { startGithub } from "../../../src/rehearsal/github/server.ts";

const seed = { owner: "acme", name: "web", artifactFolder: tmpdir() };

async function start(extra: object = {}) {
  const github = await startGithub({ ...seed, ...extra });
  onTestFinished(() => github.close());
  return github;
}

test("the issuer gives a token for five minutes to who was granted one, and to nobody else", async () => {
  const github = await start({ now: () => new Date("2026-01-02T03:04:05Z") });
  const { url, token } = github.grantIdTokens({
    sub: "repo:acme/web:environment:production",
    repository_owner: "acme",
  });
  const ask = (bearer: string) =>
    fetch(`${url}&audience=a%26b`, { headers: { authorization: `Bearer ${bearer}` } });
  const { value } = (await (await ask(token)).json()) as { value: string };
  const at = Date.parse("2026-01-02T03:04:05Z") / 1000;
  expect(decodeJwt(value)).toMatchObject({
    aud: "a&b",
    iss: github.issuerUrl,
    iat: at,
    nbf: at,
    exp: at + 300,
  });
  expect((await ask("wrong")).status).toBe(401);
  github.revokeIdTokens(token);
  expect((await ask(token)).status).toBe(401);
});

test("the issuer's default audience is the owner's page, and every token has its own number", async () => {
  const github = await start();
  const { url, token } = github.grantIdTokens({ sub: "x", repository_owner: "acme" });
  const tokens = await Promise.all(
    [1, 2].map(async () => {
      const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
      return decodeJwt(((await answer.json()) as { value: string }).value);
    }),
  );
  expect(tokens.map((one) => one.aud)).toEqual(["https://github.com/acme", "https://github.com/acme"]);
  expect(tokens[0]?.jti).not.toBe(tokens[1]?.jti);
});

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

test.skipIf(!hasOpenssl)("the issuer speaks https under its own name when it has a certificate", async () => {
  const folder = mkdtempSync(join(tmpdir(), "issuer-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const names = ["-subj", "/CN=issuer", "-addext", "subjectAltName=DNS:localhost"];
  const fresh = [
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-days",
    "1",
  ];
  execFileSync("openssl", ["req", ...fresh, ...names, "-keyout", key, "-out", cert], { stdio: "ignore" });
  const tls = {
    tlsKey: readFileSync(key, "utf8"),
    tlsCert: readFileSync(cert, "utf8"),
    issuerHost: "localhost",
  };
  const github = await start(tls);
  const found = await new Promise<string>((resolve, reject) => {
    const url = `${github.issuerUrl}/.well-known/openid-configuration`;
    request(url, { ca: tls.tlsCert, family: 4 }, (response) => {
      response.setEncoding("utf8").once("data", resolve);
    })
      .once("error", reject)
      .end();
  });
  expect(JSON.parse(found)).toMatchObject({
    issuer: github.issuerUrl,
    jwks_uri: `${github.issuerUrl}/.well-known/jwks`,
  });
});
