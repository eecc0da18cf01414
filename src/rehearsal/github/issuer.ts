import { randomBytes, randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

/** Claims of one job, beside `aud` and the times. */
export type IdClaims = Readonly<Record<string, string>>;

/** GitHub's ID tokens live this long and cannot be extended. */
export const idTokenSeconds = 300;

/** The issuer of ID tokens: discovery and keys for those who verify, tokens for jobs that may have them. */
export interface Issuer {
  /** Answers discovery and keys, for those who verify. */
  readonly listener: RequestListener;
  /** Answers the requests of jobs for tokens. */
  readonly tokenListener: RequestListener;
  /** Lets the bearer of the answer ask for tokens with these claims. */
  grant(claims: IdClaims): string;
  /** Ends what `grant` began. */
  revoke(requestToken: string): void;
}

/** An issuer known under `url()`, which is asked late because the port is known late. */
export function createIssuer(url: () => string, now: () => Date): Issuer {
  const grants = new Map<string, IdClaims>();
  const signer = onceNeeded(makeSigner);
  const verify = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname } = new URL(request.url ?? "/", url());
    if (pathname === "/.well-known/openid-configuration") return send(response, 200, discovery(url()));
    if (pathname !== "/.well-known/jwks") return send(response, 404, { message: "Not Found" });
    return send(response, 200, { keys: [(await signer()).publicKey] });
  };
  const hand = async (request: IncomingMessage, response: ServerResponse) => {
    const { searchParams } = new URL(request.url ?? "/", url());
    const bearer = /^bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
    const claims = grants.get(bearer);
    if (claims === undefined) return send(response, 401, { message: "Unauthorized" });
    const audience = searchParams.get("audience") ?? `https://github.com/${claims["repository_owner"] ?? ""}`;
    const { sign } = await signer();
    return send(response, 200, {
      count: 1,
      value: await sign(claims, { issuer: url(), audience, now: now() }),
    });
  };
  return {
    listener: caught(verify),
    tokenListener: caught(hand),
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

// A key costs a good part of a second: runs that ask for no token do without.
function onceNeeded<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

async function makeSigner() {
  const { privateKey, publicKey } = await generateKeyPair("RS256");
  const kid = randomUUID();
  const sign = (claims: IdClaims, about: { issuer: string; audience: string; now: Date }) => {
    const seconds = Math.floor(about.now.getTime() / 1000);
    return new SignJWT({ ...claims, jti: randomUUID() })
      .setProtectedHeader({ alg: "RS256", kid, typ: "JWT" })
      .setIssuer(about.issuer)
      .setAudience(about.audience)
      .setIssuedAt(seconds)
      .setNotBefore(seconds)
      .setExpirationTime(seconds + idTokenSeconds)
      .sign(privateKey);
  };
  return { sign, publicKey: { ...(await exportJWK(publicKey)), kid, alg: "RS256", use: "sig" } };
}

function caught(
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): RequestListener {
  return (request, response) => {
    answer(request, response).catch((thrown: unknown) => send(response, 500, { message: String(thrown) }));
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
