import { type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { CancelledError, messageOf } from "../core/errors.ts";
import type { Exchange } from "../domain/smoke/smoke-test.ts";

export interface ProbeRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Total time: connection, answer and reading of the body. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Sends one request and measures to the last byte. No answer is an answer too: only a cancel throws. */
export type Probe = (request: ProbeRequest) => Promise<Exchange>;

const maxBytes = 16 * 1024 * 1024;

/**
 * Each request opens a connection of its own, as a new visitor's does: a kept one would hide a service that no
 * longer accepts any, and would stay on one pod behind a balancer.
 */
export const probe: Probe = async (asked) => {
  const startedAt = performance.now();
  const elapsedMs = () => performance.now() - startedAt;
  const budget = AbortSignal.timeout(asked.timeoutMs);
  const signal = asked.signal === undefined ? budget : AbortSignal.any([budget, asked.signal]);
  let isConnected = false;
  try {
    const response = await send(asked, signal, () => {
      isConnected = true;
    });
    const body = await readBody(response);
    const took = elapsedMs();
    return {
      kind: "answered",
      status: response.statusCode ?? 0,
      text: decode(body, response.headers),
      ...retryAfter(response.headers["retry-after"]),
      elapsedMs: took,
    };
  } catch (error) {
    if (asked.signal?.aborted === true) throw new CancelledError("The smoke test was cancelled");
    const over = `the limit of ${asked.timeoutMs} ms for one request was over`;
    const seen = { problem: budget.aborted ? over : problemOf(error), elapsedMs: elapsedMs() };
    return isConnected
      ? { kind: "broken", isReset: !budget.aborted && isReset(error), ...seen }
      : { kind: "unreachable", ...seen };
  }
};

function send(asked: ProbeRequest, signal: AbortSignal, onConnect: () => void): Promise<IncomingMessage> {
  const request = asked.url.startsWith("https:") ? requestTls : requestPlain;
  return new Promise((resolve, reject) => {
    const sent = request(asked.url, {
      method: asked.method,
      headers: { "user-agent": "sluice-smoke-test", ...lengthOf(asked.body), ...asked.headers },
      agent: false,
      signal,
    });
    sent.on("socket", (socket) => socket.once("connect", onConnect));
    sent.on("error", reject);
    sent.on("response", resolve);
    sent.end(asked.body);
  });
}

async function readBody(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(`the body is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function lengthOf(body: string | undefined): Readonly<Record<string, string>> {
  return body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
}

function retryAfter(header: string | undefined): { readonly retryAfterMs?: number } {
  const seconds = Number(header);
  return seconds > 0 ? { retryAfterMs: seconds * 1000 } : {};
}

interface BodyHeaders {
  readonly "content-encoding"?: string | undefined;
  readonly "content-type"?: string | undefined;
}

function decode(body: Buffer, headers: BodyHeaders): string {
  const charset = /charset="?([\w-]+)/i.exec(headers["content-type"] ?? "")?.[1] ?? "utf-8";
  const plain = body.length === 0 ? body : decompress(body, headers["content-encoding"]);
  try {
    return new TextDecoder(charset).decode(plain);
  } catch {
    return plain.toString("utf8");
  }
}

function decompress(body: Buffer, encoding = "identity"): Buffer {
  const limit = { maxOutputLength: maxBytes };
  switch (encoding.toLowerCase()) {
    case "gzip":
      return gunzipSync(body, limit);
    case "br":
      return brotliDecompressSync(body, limit);
    case "deflate":
      return inflateSync(body, limit);
    default:
      return body;
  }
}

/** A server with an IPv4 and an IPv6 address gives one error that holds an error per address. */
function innermost(error: unknown): unknown {
  return error instanceof AggregateError ? (error.errors[0] ?? error) : error;
}

function problemOf(error: unknown): string {
  return messageOf(innermost(error)).replace(/\s+/g, " ").trim();
}

function isReset(error: unknown): boolean {
  const inner = innermost(error);
  return inner instanceof Error && "code" in inner && /^(ECONNRESET|EPIPE)$/.test(String(inner.code));
}
