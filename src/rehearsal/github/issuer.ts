import { randomBytes, randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

/** Claims of one job, beside `aud` and the times. */
export type IdClaims = Readonly<Record<string, string>>;

/** GitHub's ID tokens live this long and cannot be extended. */
export const idTokenSeconds = 300;

/** The issuer of ID tokens: discovery and keys for those who verify, tokens for jobs that may have them. */
export interface Issuer {
  /** Answers discovery, keys and token requests. */
  readonly listener: RequestListener;
  /** Lets the bearer of the answer ask for tokens with these claims. */
  grant(claims: IdClaims): string;
  /** Ends what `grant` began. */
  revoke(requestToken: string): void;
}

/** An issuer known under `url()`, which is asked late because the port is known late. */
export async function createIssuer(url: () => string, now: () => Date): Promise<Issuer> {
  const { privateKey, publicKey } = await generateKeyPair("RS256");
  const kid = randomUUID();
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid, alg: "RS256", use: "sig" }] };
  const grants = new Map<string, IdClaims>();

  const sign = (claims: IdClaims, audience: string) => {
    const seconds = Math.floor(now().getTime() / 1000);
    return new SignJWT({ ...claims, jti: randomUUID() })
      .setProtectedHeader({ alg: "RS256", kid, typ: "JWT" })
      .setIssuer(url())
      .setAudience(audience)
      .setIssuedAt(seconds)
      .setNotBefore(seconds)
      .setExpirationTime(seconds + idTokenSeconds)
      .sign(privateKey);
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", url());
    if (pathname === "/.well-known/openid-configuration") return send(response, 200, discovery(url()));
    if (pathname === "/.well-known/jwks") return send(response, 200, keys);
    const bearer = /^bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
    const claims = grants.get(bearer);
    if (pathname !== "/token") return send(response, 404, { message: "Not Found" });
    if (claims === undefined) return send(response, 401, { message: "Unauthorized" });
    const audience = searchParams.get("audience") ?? `https://github.com/${claims.repository_owner ?? ""}`;
    return send(response, 200, { count: 1, value: await sign(claims, audience) });
  };
  return {
    listener: (request, response) => {
      answer(request, response).catch((thrown: unknown) => send(response, 500, { message: String(thrown) }));
    },
    grant: (claims) => {
      const token = randomBytes(32).toString("base64url");
      grants.set(token, claims);
      return token;
    },
    revoke: (requestToken) => {
      grants.delete(requestToken);
    },
  };
}

function discovery(issuer: string) {
  return {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks`,
    subject_types_supported: ["public", "pairwise"],
    response_types_supported: ["id_token"],
    claims_supported: ["sub", "aud", "exp", "iat", "iss", "jti", "nbf", "ref", "repository", "environment"],
    id_token_signing_alg_values_supported: ["RS256"],
    scopes_supported: ["openid"],
  };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify(body));
}
