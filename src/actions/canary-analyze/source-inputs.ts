import { ConfigError } from "../../core/errors.ts";
import type { InputReader } from "../../platform/github-runner.ts";
import { optional, refuseGiven } from "../../platform/inputs.ts";
import type { PrometheusAccess } from "../../platform/prometheus-access.ts";
import { readHeaders, readLogin, readTenant, readTls } from "./source-credentials.ts";

/** Where the metrics come from: a store that is asked, or a file of what one answered. */
export type SourceInputs =
  | { readonly kind: "prometheus"; readonly access: PrometheusAccess }
  | { readonly kind: "series"; readonly path: string };

/** Reads where the metrics come from. No error quotes what may be a secret. */
export async function readSource(inputs: InputReader): Promise<SourceInputs> {
  const path = optional(inputs, "series");
  const base = optional(inputs, "prometheus-url");
  if (path !== undefined && base !== undefined)
    throw new ConfigError('Inputs "prometheus-url" and "series" exclude each other: got both');
  if (path !== undefined) {
    refuseAccess(inputs);
    return { kind: "series", path };
  }
  if (base === undefined)
    throw new ConfigError('Input "prometheus-url" or "series" is required: got neither');
  return { kind: "prometheus", access: await readAccess(inputs, base) };
}

function refuseAccess(inputs: InputReader): void {
  refuseGiven(
    inputs,
    [
      "prometheus-path-prefix",
      "prometheus-token",
      "prometheus-token-file",
      "prometheus-username",
      "prometheus-password",
      "prometheus-client-certificate",
      "prometheus-client-key",
      "prometheus-certificate-authority",
      "prometheus-headers",
      "prometheus-tenant",
    ],
    (name) => `Input "${name}" needs "prometheus-url": got "series", a file that is read as it is`,
  );
}

async function readAccess(inputs: InputReader, base: string): Promise<PrometheusAccess> {
  const url = prometheusUrl(base, optional(inputs, "prometheus-path-prefix"));
  const login = await readLogin(inputs);
  const tenant = readTenant(inputs);
  const custom = await readHeaders(inputs);
  const names = Object.keys(custom).map((name) => name.toLowerCase());
  if (names.includes("authorization") && login.input !== undefined)
    throw new ConfigError(
      `Inputs "${login.input}" and "prometheus-headers" must not both authorize: got a header Authorization`,
    );
  if (names.includes("x-scope-orgid") && tenant !== undefined)
    throw new ConfigError(
      'Inputs "prometheus-tenant" and "prometheus-headers" must not both name the tenant: got a header X-Scope-OrgID',
    );
  const tls = await readTls(inputs, url);
  return {
    url,
    headers: {
      ...custom,
      ...(tenant === undefined ? {} : { "x-scope-orgid": tenant }),
      ...(login.authorization === undefined ? {} : { authorization: login.authorization }),
    },
    ...(login.tokenFile === undefined ? {} : { tokenFile: login.tokenFile }),
    ...(tls === undefined ? {} : { tls }),
    secrets: [
      ...login.secrets,
      ...Object.values(custom),
      ...(tls?.client === undefined ? [] : [tls.client.key]),
    ],
  };
}

/** The address alone: what is said twice, or belongs to another input, is refused. */
function prometheusUrl(text: string, prefix: string | undefined): string {
  const base = URL.canParse(text) ? new URL(text) : undefined;
  if (base === undefined || !/^https?:$/.test(base.protocol)) {
    const got = text.includes("@") ? "a text with an @" : `"${text}"`;
    throw new ConfigError(`Input "prometheus-url" must be an http or https URL: got ${got}`);
  }
  if (base.username !== "" || base.password !== "")
    throw new ConfigError(
      'Input "prometheus-url" must not hold credentials: give them by "prometheus-username" and "prometheus-password"',
    );
  if (base.search !== "" || base.hash !== "")
    throw new ConfigError(
      `Input "prometheus-url" must end with its path: got "${base.search}${base.hash}" after it`,
    );
  const trimmed = base.href.replace(/\/+$/, "");
  if (/\/api\/v1(\/query(_range)?)?$/.test(trimmed))
    throw new ConfigError(`Input "prometheus-url" must end before /api/v1, which is added: got "${text}"`);
  return prefix === undefined ? trimmed : `${trimmed}/${pathPrefix(prefix)}`;
}

function pathPrefix(text: string): string {
  const path = text.replace(/^\/+|\/+$/g, "");
  if (/^[\w.~%-]+(\/[\w.~%-]+)*$/.test(path) && !/(^|\/)api\/v1$/.test(path)) return path;
  throw new ConfigError(
    `Input "prometheus-path-prefix" must be a path such as /prometheus, to which /api/v1 is added: got "${text}"`,
  );
}
