import { messageOf, OutsideError } from "../core/errors.ts";

export interface HttpRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Total time, retries and reading of the body included. */
  readonly budgetMs: number;
  /** Most bytes of an answer that are read; more is refused. */
  readonly maxBytes?: number;
  /** Further tries after a transient failure. Only for requests that may be repeated. */
  readonly retries?: number;
  /** Redirects followed. Credentials are not carried to another host. */
  readonly redirects?: number;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
  readonly text: string;
  readonly url: string;
}

export type Http = (url: string, request: HttpRequest) => Promise<HttpAnswer>;

const defaultMaxBytes = 16 * 1024 * 1024;
const transient = new Set([408, 429, 502, 503, 504]);
const credentialHeaders = /^(authorization|cookie|proxy-authorization|x-scope-orgid|private-token)$/i;

/** One exchange without redirects. Node's own fetch is one. */
export type Send = (url: string, init: SendInit) => Promise<Response>;

export interface SendInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly redirect: "manual";
  readonly signal: AbortSignal;
  readonly body?: string | Uint8Array;
}

/** Asks over HTTP within a total budget. An answer of any status is returned; no answer is an OutsideError. */
export const http: Http = (address, request) => exchange(fetch, address, request);

/** The same over another way to send, such as one that shows a certificate of its own. */
export function httpOver(send: Send): Http {
  return (address, request) => exchange(send, address, request);
}

async function exchange(send: Send, address: string, asked: HttpRequest): Promise<HttpAnswer> {
  const { url, request } = takeCredentials(address, asked);
  const deadline = Date.now() + request.budgetMs;
  const tries = (request.retries ?? 0) + 1;
  for (let attempt = 1; ; attempt++) {
    const outcome = await tryOnce({ send, deadline }, url, request);
    const isLast = attempt >= tries;
    if ("answer" in outcome && (isLast || !transient.has(outcome.answer.status))) return outcome.answer;
    const waitMs = waitBefore(attempt, "answer" in outcome ? outcome.answer : undefined);
    if (isLast || Date.now() + waitMs >= deadline || request.signal?.aborted === true) {
      if ("answer" in outcome) return outcome.answer;
      throw new OutsideError(
        `${request.method ?? "GET"} ${withoutSecrets(url)} got no answer: ${outcome.problem}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

/** A user and password in the address become a header: fetch refuses them there, and its refusal would print them. */
function takeCredentials(address: string, asked: HttpRequest): { url: string; request: HttpRequest } {
  const url = new URL(address);
  if (url.username === "" && url.password === "") return { url: address, request: asked };
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const authorization = `Basic ${Buffer.from(login).toString("base64")}`;
  url.username = "";
  url.password = "";
  return { url: url.href, request: { ...asked, headers: { authorization, ...asked.headers } } };
}

type Outcome = { readonly answer: HttpAnswer } | { readonly problem: string };

interface Way {
  readonly send: Send;
  readonly deadline: number;
}

async function tryOnce(way: Way, url: string, request: HttpRequest): Promise<Outcome> {
  try {
    return { answer: await follow(way, url, request) };
  } catch (error) {
    if (error instanceof OutsideError) throw error;
    return { problem: reasonOf(error) };
  }
}

async function follow(way: Way, start: string, request: HttpRequest): Promise<HttpAnswer> {
  let url = start;
  let headers = request.headers ?? {};
  for (let left = request.redirects ?? 0; ; left--) {
    const answer = await ask(way, url, { ...request, headers });
    const location = answer.headers.get("location");
    if (answer.status < 300 || answer.status > 399 || location === null || left <= 0) return answer;
    const next = new URL(location, url);
    if (next.host !== new URL(url).host) headers = withoutCredentials(headers);
    url = next.href;
  }
}

async function ask({ send, deadline }: Way, url: string, request: HttpRequest): Promise<HttpAnswer> {
  const budget = AbortSignal.timeout(Math.max(1, deadline - Date.now()));
  const signal = request.signal === undefined ? budget : AbortSignal.any([budget, request.signal]);
  const response = await send(url, {
    method: request.method ?? "GET",
    headers: { ...request.headers },
    redirect: "manual",
    signal,
    ...(request.body === undefined ? {} : { body: request.body }),
  });
  const body = await readLimited(response, url, request.maxBytes ?? defaultMaxBytes);
  return {
    status: response.status,
    headers: response.headers,
    body,
    text: new TextDecoder().decode(body),
    url,
  };
}

async function readLimited(response: Response, url: string, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const refuse = () => new OutsideError(`${withoutSecrets(url)} answered more than ${maxBytes} bytes`);
  if (response.body !== null && Number(response.headers.get("content-length")) > maxBytes) {
    await response.body.cancel();
    throw refuse();
  }
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) throw refuse();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function withoutCredentials(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !credentialHeaders.test(name)));
}

/** The server's own wish where it states one in seconds, else half a second doubled each time. */
function waitBefore(attempt: number, answer: HttpAnswer | undefined): number {
  const asked = Number(answer?.headers.get("retry-after"));
  return asked > 0 ? asked * 1000 : 250 * 2 ** attempt;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return messageOf(error);
  if (error.name === "TimeoutError") return "the time for it was over";
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}

/** A URL for a message: user, password and query are left out. */
export function withoutSecrets(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
