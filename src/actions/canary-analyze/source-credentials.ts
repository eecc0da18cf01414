import { ConfigError, messageOf } from "../../core/errors.ts";
import { isRecord } from "../../core/json.ts";
import type { InputReader } from "../../platform/github-runner.ts";
import { optional } from "../../platform/inputs.ts";
import { readPem } from "../../platform/pem-input.ts";
import { readToken } from "../../platform/prometheus-access.ts";
import { checkAuthority, checkClientCertificate, type TlsIdentity } from "../../platform/tls-send.ts";
import { parseYamlInput } from "../../platform/yaml.ts";

/** How a store is shown who asks. */
export interface Login {
  /** The input that authorizes. */
  readonly input?: string;
  readonly authorization?: string;
  readonly tokenFile?: string;
  readonly secrets: readonly string[];
}

/** At most one way to authorize. */
export async function readLogin(inputs: InputReader): Promise<Login> {
  const token = optional(inputs, "prometheus-token");
  const tokenFile = optional(inputs, "prometheus-token-file");
  const username = optional(inputs, "prometheus-username");
  const password = optional(inputs, "prometheus-password");
  const given = [
    ...(token === undefined ? [] : ["prometheus-token"]),
    ...(tokenFile === undefined ? [] : ["prometheus-token-file"]),
    ...(username === undefined ? [] : ["prometheus-username"]),
  ];
  if (given.length > 1)
    throw new ConfigError(`Inputs "${given[0]}" and "${given[1]}" exclude each other: got both`);
  if (username === undefined && password !== undefined)
    throw new ConfigError('Input "prometheus-password" needs "prometheus-username": got no name');
  if (tokenFile !== undefined) await checkTokenFile(tokenFile);
  if (tokenFile !== undefined) return { input: "prometheus-token-file", tokenFile, secrets: [] };
  if (token !== undefined) return { input: "prometheus-token", ...bearer(token) };
  return username === undefined ? { secrets: [] } : basic(username, password);
}

function bearer(token: string): Pick<Login, "authorization" | "secrets"> {
  if (/^bearer\s/i.test(token))
    throw new ConfigError('Input "prometheus-token" must be the token alone: got the word Bearer before it');
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new ConfigError('Input "prometheus-token" must be one word of plain characters: got another text');
  return { authorization: `Bearer ${token}`, secrets: [token] };
}

function basic(username: string, password: string | undefined): Login {
  if (password === undefined)
    throw new ConfigError('Input "prometheus-username" needs "prometheus-password": got no password');
  if (username.includes(":"))
    throw new ConfigError(
      'Input "prometheus-username" must not hold a colon, which ends a name in basic logins',
    );
  const login = Buffer.from(`${username}:${password}`).toString("base64");
  return { input: "prometheus-username", authorization: `Basic ${login}`, secrets: [password, login] };
}

/** Named in every query to a store of many tenants. */
export function readTenant(inputs: InputReader): string | undefined {
  const tenant = optional(inputs, "prometheus-tenant");
  if (tenant === undefined || /^[\x21-\x7e]{1,500}$/.test(tenant)) return tenant;
  throw new ConfigError(
    `Input "prometheus-tenant" must be one word of plain characters, several tenants separated by |: got "${tenant}"`,
  );
}

const ownHeaders = /^(host|connection|content-length|transfer-encoding|accept|accept-encoding)$/i;

/** Further headers, such as a gateway wants. Their values are taken for secrets. */
export async function readHeaders(inputs: InputReader): Promise<Readonly<Record<string, string>>> {
  const text = optional(inputs, "prometheus-headers");
  if (text === undefined) return {};
  // The parser's own words quote the line, which may be a credential.
  const document = await parseYamlInput("prometheus-headers", text).catch(() => undefined);
  if (!isRecord(document))
    throw new ConfigError(
      'Input "prometheus-headers" must be a YAML mapping of names to values: got another form',
    );
  return Object.fromEntries(
    Object.entries(document).map(([name, value]) => [name, headerValue(name, value)]),
  );
}

/** The value of a header. What is refused is not quoted: it may be a credential without its name. */
function headerValue(name: string, value: unknown): string {
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name))
    throw new ConfigError(
      'Input "prometheus-headers" must have names of headers: got another word as a name',
    );
  if (ownHeaders.test(name))
    throw new ConfigError(`Input "prometheus-headers" must not set ${name}, which every request sets itself`);
  const text = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  if (typeof text === "string" && /^[\t\x20-\x7e]+$/.test(text)) return text;
  throw new ConfigError(
    `Input "prometheus-headers" must give ${name} one line of plain characters: got another value`,
  );
}

/** Whom to trust, and what to show; undefined where the system decides. */
export async function readTls(inputs: InputReader, url: string): Promise<TlsIdentity | undefined> {
  const names = {
    certificate: "prometheus-client-certificate",
    key: "prometheus-client-key",
    authority: "prometheus-certificate-authority",
  };
  const certificate = optional(inputs, "prometheus-client-certificate");
  const key = optional(inputs, "prometheus-client-key");
  const authority = optional(inputs, "prometheus-certificate-authority");
  if (certificate !== undefined && key === undefined)
    throw new ConfigError(`Input "${names.certificate}" needs "${names.key}": got no key`);
  if (key !== undefined && certificate === undefined)
    throw new ConfigError(`Input "${names.key}" needs "${names.certificate}": got no certificate`);
  if (certificate === undefined && authority === undefined) return undefined;
  if (!url.startsWith("https:")) {
    const name = certificate === undefined ? names.authority : names.certificate;
    throw new ConfigError(`Input "${name}" needs an https address in "prometheus-url": got "${url}"`);
  }
  return {
    ...(authority === undefined ? {} : { authority: await readAuthority(authority, names.authority) }),
    ...(certificate === undefined || key === undefined
      ? {}
      : { client: await readClient({ certificate, key }, names) }),
  };
}

async function readAuthority(given: string, input: string): Promise<string> {
  const pem = await readPem(input, given, "certificate");
  checkAuthority(pem, input);
  return pem;
}

async function readClient(
  given: { readonly certificate: string; readonly key: string },
  names: { readonly certificate: string; readonly key: string },
) {
  const client = {
    certificate: await readPem(names.certificate, given.certificate, "certificate"),
    key: await readPem(names.key, given.key, "private key"),
  };
  checkClientCertificate(client, names, new Date());
  return client;
}

async function checkTokenFile(path: string): Promise<void> {
  try {
    await readToken(path);
  } catch (error) {
    throw new ConfigError(`Input "prometheus-token-file" must name a file with a token: ${messageOf(error)}`);
  }
}
