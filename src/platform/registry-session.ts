import { OutsideError } from "../core/errors.ts";
import { at, textAt } from "../core/json.ts";
import { isLocalRegistry } from "../domain/image/local-registry.ts";
import { type ImageReference, nameOf } from "../domain/image/reference.ts";
import { type Http, type HttpAnswer, type HttpRequest, withoutSecrets } from "./http.ts";
import type { Credentials, CredentialsFor } from "./registry-auth.ts";

export type RegistryRequest = Omit<HttpRequest, "budgetMs"> & { readonly budgetMs?: number };

export type RegistryRight = "pull" | "pull,push";

/** Speaks to one repository of a registry as somebody; what it has to show for that is found out by the first refusal. */
export interface RegistrySession {
  /**
   * Asks below `/v2/<repository>/`, or at a `Location` the registry gave. Refused credentials are an OutsideError;
   * any other status is returned.
   */
  ask(place: string, request?: RegistryRequest): Promise<HttpAnswer>;
  /** The absolute URL of a `Location`, and the headers that may be sent there. */
  follow(location: string): { readonly url: string; readonly headers: Readonly<Record<string, string>> };
  /** The sentence for an answer that is not what was asked for. */
  problem(what: string, answer: HttpAnswer): OutsideError;
}

export interface SessionOptions {
  readonly http: Http;
  readonly credentials: CredentialsFor;
  readonly right: RegistryRight;
  readonly signal?: AbortSignal | undefined;
}

const budgetMs = 60_000;

export function openSession(reference: ImageReference, options: SessionOptions): RegistrySession {
  const base = baseUrlOf(reference.registry);
  const { http, signal } = options;
  let authorization: string | undefined;
  const follow = (location: string) => {
    const url = new URL(location, base);
    const isOurs = url.host === new URL(base).host;
    return { url: url.href, headers: isOurs && authorization !== undefined ? { authorization } : {} };
  };
  const send = (place: string, request: RegistryRequest) => {
    const isLocation = place.startsWith("/") || /^https?:/.test(place);
    const { url, headers } = follow(isLocation ? place : `/v2/${reference.repository}/${place}`);
    const mayStop = signal === undefined ? {} : { signal };
    const all = { ...request.headers, ...headers };
    return http(url, { budgetMs, redirects: 5, ...mayStop, ...request, headers: all });
  };
  return {
    async ask(place, request = {}) {
      let answer = await send(place, request);
      if (answer.status === 401) {
        authorization = await answerChallenge(answer, reference, options);
        answer = await send(place, request);
      }
      if (answer.status !== 401 && answer.status !== 403) return answer;
      const credentials = await options.credentials(reference.registry);
      const { status } = answer;
      throw refusedError(nameOf(reference), { status, said: sayingOf(answer), credentials });
    },
    follow,
    problem: (what, answer) =>
      new OutsideError(`${reference.registry} did not ${what}: ${answer.status}${sayingOf(answer)}`),
  };
}

/** Where a registry is spoken to: Docker Hub's API has a host of its own, and this machine is spoken to without TLS. */
export function baseUrlOf(registry: string): string {
  if (registry === "docker.io") return "https://registry-1.docker.io";
  return `${isLocalRegistry(registry) ? "http" : "https"}://${registry}`;
}

interface Refusal {
  readonly status: number;
  readonly said: string;
  readonly credentials: Credentials | undefined;
}

function refusedError(name: string, { status, said, credentials }: Refusal): OutsideError {
  const host = name.slice(0, name.indexOf("/"));
  const repository = name.slice(name.indexOf("/") + 1);
  if (credentials === undefined) {
    return new OutsideError(
      `${host} wants credentials for ${repository} and none were given: set registry-username and registry-password`,
    );
  }
  const who = credentials.kind === "password" ? `user "${credentials.user}"` : "the stored identity";
  return new OutsideError(`${host} refused ${who} for ${repository}: ${status}${said}`);
}

/** The `Authorization` that a 401 asks for: Basic with the password itself, or a token from the realm it names. */
async function answerChallenge(
  answer: HttpAnswer,
  reference: ImageReference,
  options: SessionOptions,
): Promise<string | undefined> {
  const challenge = answer.headers.get("www-authenticate") ?? "";
  const credentials = await options.credentials(reference.registry);
  if (/^basic\b/i.test(challenge)) {
    return credentials?.kind === "password" ? basic(credentials.user, credentials.password) : undefined;
  }
  if (!/^bearer\b/i.test(challenge)) {
    throw new OutsideError(
      `${reference.registry} does not answer like a registry: 401 without a Basic or Bearer challenge`,
    );
  }
  const token = await fetchToken(parametersOf(challenge), reference, { ...options, held: credentials });
  return `Bearer ${token}`;
}

type TokenOptions = SessionOptions & { readonly held: Credentials | undefined };

async function fetchToken(
  challenge: Readonly<Record<string, string>>,
  reference: ImageReference,
  options: TokenOptions,
): Promise<string> {
  const realm = realmOf(challenge.realm ?? "", reference.registry);
  const scope = `repository:${reference.repository}:${options.right}`;
  const asked = new URLSearchParams({ service: challenge.service ?? "", scope });
  const answer = await askRealm(realm, asked, options);
  const document = jsonOf(answer);
  const token = textAt(document, "token") ?? textAt(document, "access_token");
  if (answer.status === 200 && token !== undefined) return token;
  if (answer.status >= 400 && answer.status < 500) {
    const { status } = answer;
    throw refusedError(nameOf(reference), { status, said: sayingOf(answer), credentials: options.held });
  }
  throw new OutsideError(
    `${withoutSecrets(realm)} gave no token for ${reference.repository}: ${answer.status}${sayingOf(answer)}`,
  );
}

function askRealm(realm: string, asked: URLSearchParams, options: TokenOptions): Promise<HttpAnswer> {
  const { http, held, signal } = options;
  const common = { budgetMs, retries: 3, ...(signal === undefined ? {} : { signal }) };
  if (held?.kind === "identity") {
    asked.set("grant_type", "refresh_token");
    asked.set("refresh_token", held.token);
    asked.set("client_id", "sluice");
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return http(realm, { ...common, method: "POST", body: asked.toString(), headers });
  }
  const url = new URL(realm);
  for (const [key, value] of asked) url.searchParams.set(key, value);
  const headers = held === undefined ? {} : { authorization: basic(held.user, held.password) };
  return http(url.href, { ...common, headers });
}

/** A password must not leave an encrypted connection for a plain one because a header says so. */
function realmOf(realm: string, registry: string): string {
  const isPlainAllowed = isLocalRegistry(registry);
  if (URL.canParse(realm)) {
    const { protocol } = new URL(realm);
    if (protocol === "https:" || (protocol === "http:" && isPlainAllowed)) return realm;
  }
  throw new OutsideError(`${registry} names a token server that is not trusted: "${realm.slice(0, 200)}"`);
}

function parametersOf(challenge: string): Readonly<Record<string, string>> {
  const pairs = [...challenge.matchAll(/([a-z_]+)="([^"]*)"/gi)];
  return Object.fromEntries(pairs.map(([, key = "", value = ""]) => [key.toLowerCase(), value]));
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** What a registry says in its error document, for the end of a sentence. */
function sayingOf(answer: HttpAnswer): string {
  const document = jsonOf(answer);
  const code = textAt(document, "errors", 0, "code");
  const message = textAt(document, "errors", 0, "message") ?? textAt(document, "details");
  const said = [code, message].filter((part) => part !== undefined && part !== "").join(": ");
  return said === "" ? "" : ` ${said.replaceAll(/\s+/g, " ").slice(0, 300)}`;
}

/** The JSON of an answer, or undefined when it is none. */
export function jsonOf(answer: HttpAnswer): unknown {
  try {
    return at(JSON.parse(answer.text));
  } catch {
    return undefined;
  }
}
