import { request as requestPlain } from "node:http";
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
export const probe: Probe = (asked) =>
  new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const elapsedMs = () => performance.now() - startedAt;
    let isConnected = false;
    const send = asked.url.startsWith("https:") ? requestTls : requestPlain;
    const budget = AbortSignal.timeout(asked.timeoutMs);
    const signal = asked.signal === undefined ? budget : AbortSignal.any([budget, asked.signal]);
    const sent = send(asked.url, {
      method: asked.method,
      headers: { "user-agent": "sluice-smoke-test", ...lengthOf(asked.body), ...asked.headers },
      agent: false,
      signal,
    });
    const giveUp = (error: unknown) => {
      if (asked.signal?.aborted === true) return reject(new CancelledError("The smoke test was cancelled"));
      const problem = budget.aborted
        ? `the limit of ${asked.timeoutMs} ms for one request was over`
        : problemOf(error);
      if (!isConnected) return resolve({ kind: "unreachable", problem, elapsedMs: elapsedMs() });
      resolve({ kind: "broken", problem, isReset: isReset(error), elapsedMs: elapsedMs() });
    };
    sent.on("socket", (socket) => socket.once("connect", () => (isConnected = true)));
    sent.on("error", giveUp);
    sent.on("response", (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > maxBytes) response.destroy(new Error(`the body is longer than ${maxBytes} bytes`));
        else chunks.push(chunk);
      });
      response.on("error", giveUp);
      response.on("end", () => {
        const took = elapsedMs();
        try {
          resolve({
            kind: "answered",
            status: response.statusCode ?? 0,
            text: decode(Buffer.concat(chunks), response.headers),
            ...retryAfter(response.headers["retry-after"]),
            elapsedMs: took,
          });
        } catch (error) {
          resolve({ kind: "broken", problem: messageOf(error), isReset: false, elapsedMs: took });
        }
      });
    });
    sent.end(asked.body);
  });

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
