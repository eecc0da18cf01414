import { createPrivateKey, X509Certificate } from "node:crypto";
import { Agent, request } from "node:https";
import { Readable } from "node:stream";
import { ConfigError, messageOf } from "../core/errors.ts";
import type { Send, SendInit } from "./http.ts";

/** What a server is shown, and what it is believed by. All of it PEM text. */
export interface TlsIdentity {
  /** Trusted in place of the system's authorities. */
  readonly authority?: string;
  readonly client?: ClientCertificate;
}

export interface ClientCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** The names of the two inputs, for the errors. */
interface PairInputs {
  readonly certificate: string;
  readonly key: string;
}

/** Refuses a pair that no server would take, before it is asked. The key is never quoted. */
export function checkClientCertificate(client: ClientCertificate, inputs: PairInputs, now: Date): void {
  const certificate = readCertificate(client.certificate, inputs.certificate);
  if (!certificate.checkPrivateKey(readKey(client.key, inputs.key)))
    throw new ConfigError(`Inputs "${inputs.certificate}" and "${inputs.key}" must belong together`);
  if (new Date(certificate.validTo) < now)
    throw new ConfigError(
      `Input "${inputs.certificate}" must be valid: the certificate ended on ${certificate.validTo}`,
    );
}

function readCertificate(pem: string, input: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new ConfigError(`Input "${input}" must be a PEM certificate that can be read: ${messageOf(error)}`);
  }
}

/** Refuses a certificate authority that cannot be read. */
export function checkAuthority(pem: string, input: string): void {
  readCertificate(pem, input);
}

function readKey(pem: string, input: string) {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new ConfigError(`Input "${input}" must be a private key that can be read without a passphrase`);
  }
}

/** Sends over TLS with this identity. It is shown to the host of the address alone: nothing is followed. */
export function sendOverTls({ authority, client }: TlsIdentity): Send {
  const agent = new Agent({
    ...(authority === undefined ? {} : { ca: authority }),
    ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
    // As Node's fetch does, which asks for this by the same variable.
    ...(process.env.NODE_USE_ENV_PROXY === "1" ? { proxyEnv: process.env } : {}),
  });
  return (url, init) => exchange(agent, url, init);
}

function exchange(agent: Agent, url: string, { method, headers, signal, body }: SendInit): Promise<Response> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent, signal }, (answer) => {
      const status = answer.statusCode ?? 0;
      const hasBody = method !== "HEAD" && ![204, 205, 304].includes(status);
      if (!hasBody) answer.resume();
      const pairs = Object.entries(answer.headersDistinct).flatMap(([name, values]) =>
        (values ?? []).map((value): [string, string] => [name, value]),
      );
      resolve(new Response(hasBody ? bodyOf(answer) : null, { status, headers: pairs }));
    });
    sent.on("error", (cause) => reject(signal.aborted ? signal.reason : cause));
    sent.end(body);
  });
}

function bodyOf(answer: Readable): ReadableStream<Uint8Array<ArrayBuffer>> {
  return Readable.toWeb(answer) as ReadableStream<Uint8Array<ArrayBuffer>>;
}
