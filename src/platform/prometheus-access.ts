import { readFile } from "node:fs/promises";
import { messageOf, OutsideError } from "../core/errors.ts";
import { type Http, http, httpOver } from "./http.ts";
import { type MetricsSource, prometheus } from "./prometheus.ts";
import { redact } from "./secrets.ts";
import { sendOverTls, type TlsIdentity } from "./tls-send.ts";

/** How a store of metrics is reached. */
export interface PrometheusAccess {
  /** With the prefix of its path, without a slash at its end. */
  readonly url: string;
  /** Sent with every query: authorization, tenant, and what a gateway wants. */
  readonly headers: Readonly<Record<string, string>>;
  /** A file with a bearer token that somebody else keeps fresh: read again for every query. */
  readonly tokenFile?: string;
  readonly tls?: TlsIdentity;
  /** Everything in it that must not be seen. */
  readonly secrets: readonly string[];
}

/** The store behind an access. What it says is free of the access's secrets. */
export function openPrometheus(access: PrometheusAccess, mask: (secret: string) => void): MetricsSource {
  for (const secret of access.secrets) mask(secret);
  return prometheus(access.url, authorized(access, mask));
}

function authorized(
  { headers, tokenFile, tls, secrets }: PrometheusAccess,
  mask: (secret: string) => void,
): Http {
  const plain = tls === undefined ? http : httpOver(sendOverTls(tls));
  const known = new Set(secrets);
  return async (url, request) => {
    const token = tokenFile === undefined ? undefined : await readToken(tokenFile);
    if (token !== undefined && !known.has(token)) {
      known.add(token);
      mask(token);
    }
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await plain(url, {
      ...request,
      headers: { ...request.headers, ...headers, ...authorization },
    });
    // A server may say in its refusal what it was told.
    return answer.status === 200 ? answer : { ...answer, text: redact(answer.text, [...known]) };
  };
}

/** The token in a file, which a projected service account or a login helper replaces from time to time. */
export async function readToken(path: string): Promise<string> {
  let text: string;
  try {
    text = (await readFile(path, "utf8")).trim();
  } catch (error) {
    throw new OutsideError(`The token of Prometheus could not be read: ${messageOf(error)}`);
  }
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw new OutsideError(`The token of Prometheus in ${path} must be one word of plain characters`);
}
