import { readFile } from "node:fs/promises";
import { createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import type { World } from "../../../src/rehearsal/cluster/world.ts";

/** A smallest issuer of ID tokens, where the world's API server expects it. */
export async function startIssuer(world: World) {
  const { url, audience, key, certificate } = world.issuer;
  const { privateKey, publicKey } = await generateKeyPair("RS256");
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: "one", alg: "RS256", use: "sig" }] };
  const discovery = {
    issuer: url,
    jwks_uri: `${url}/keys`,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
  };
  const server = createServer(
    { key: await readFile(key), cert: await readFile(certificate) },
    (call, answer) => {
      answer.setHeader("content-type", "application/json");
      answer.end(JSON.stringify(call.url === "/keys" ? keys : discovery));
    },
  );
  await new Promise<void>((resolve) =>
    server.listen(Number(new URL(url).port), "127.0.0.1", () => resolve()),
  );
  const token = (subject: string, more: { readonly audience?: string; readonly seconds?: number } = {}) => {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({})
      .setProtectedHeader({ alg: "RS256", kid: "one" })
      .setSubject(subject)
      .setIssuer(url)
      .setAudience(more.audience ?? audience)
      .setIssuedAt(now - 120)
      .setExpirationTime(now + (more.seconds ?? 300))
      .sign(privateKey);
  };
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { token, close, port: (server.address() as AddressInfo).port };
}

/** The status the API server answers to a request with a token; a POST tries to make a Secret. */
export async function askAs(world: World, token: string, method: string, path: string): Promise<number> {
  const ca = await readFile(world.certificateAuthority);
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { generateName: "try-" } };
  return new Promise((resolve, reject) => {
    const call = request(`${world.apiServer}${path}`, { method, ca, headers, agent: false });
    call.on("error", reject);
    call.on("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    call.end(method === "POST" ? JSON.stringify(secret) : undefined);
  });
}
