import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ConfigError } from "../core/errors.ts";
import { isDigest } from "../domain/image/digest.ts";
import { isLocalRegistry } from "../domain/image/local-registry.ts";
import { byDigest, type ImageReference, isTag, parseReference } from "../domain/image/reference.ts";
import { readChart } from "./chart.ts";
import type { Runner } from "./github-runner.ts";
import { http } from "./http.ts";
import { registry } from "./registry.ts";
import { type Credentials, type CredentialsFor, credentialsFrom } from "./registry-auth.ts";
import { describeFailure, lastLines, type Shell } from "./shell.ts";

export interface ChartRequest {
  readonly chart: string;
  /** Version or digest of a chart in a registry. */
  readonly version?: string | undefined;
  readonly keyring?: string | undefined;
  /** A login and the one host it is for. */
  readonly login?: { readonly credentials: Credentials; readonly host: string } | undefined;
  /** A private folder for what is fetched. */
  readonly folder: string;
  /** The helm to fetch with, found when it is needed. */
  readonly helm: () => Promise<string>;
}

export interface FetchedChart {
  /** A folder or archive on this machine. */
  readonly path: string;
  /** Of the archive, or of the manifest in the registry; absent for a folder. */
  readonly digest?: string;
}

type Tools = { readonly runner: Pick<Runner, "env" | "info">; readonly shell: Shell };

type Named = Pick<ChartRequest, "chart" | "version" | "keyring">;

/** Refuses what cannot be a chart, before anything is asked. */
export async function checkChartRequest({ chart, version, keyring }: Named): Promise<void> {
  if (keyring !== undefined) await mustBeReadable(keyring);
  if (isInRegistry(chart)) return void chartReference({ chart, version });
  if (/^https?:\/\//.test(chart))
    throw new ConfigError(
      `Input "chart" must be a folder, an archive or an oci:// reference: got "${chart}"`,
    );
  if (version !== undefined)
    throw new ConfigError(
      `Input "chart-version" is for a chart in a registry: got "${version}" with "${chart}"`,
    );
  if (keyring !== undefined && (await stat(chart).catch(() => undefined))?.isDirectory() === true)
    throw new ConfigError(
      `Input "chart-keyring" needs a packaged chart, as only that is signed: got the folder "${chart}"`,
    );
}

/** Whether the chart must be fetched before anything is known of it. */
export function isInRegistry(chart: string): boolean {
  return chart.startsWith("oci://");
}

/** The chart as a local path: one in a registry is fetched by digest, its provenance checked where a keyring is given. */
export async function fetchChart(request: ChartRequest, tools: Tools): Promise<FetchedChart> {
  await checkChartRequest(request);
  if (isInRegistry(request.chart)) return pull(request, tools);
  if ((await stat(request.chart).catch(() => undefined))?.isFile() !== true) return { path: request.chart };
  if (request.keyring !== undefined) await verify(request, request.keyring, tools);
  const hash = createHash("sha256").update(await readFile(request.chart));
  return { path: request.chart, digest: `sha256:${hash.digest("hex")}` };
}

async function verify({ chart, helm }: ChartRequest, keyring: string, tools: Tools): Promise<void> {
  const ran = await tools.shell(await helm(), ["verify", "--keyring", keyring, chart], { timeoutMs: 60_000 });
  if (ran.exitCode !== 0) throw unsigned(chart, ran.stderr);
}

async function mustBeReadable(keyring: string): Promise<void> {
  await readFile(keyring).catch(() => {
    throw new ConfigError(`Input "chart-keyring" must name a file that can be read: got "${keyring}"`);
  });
}

function unsigned(chart: string, text: string): ConfigError {
  return new ConfigError(
    `Input "chart" must be signed by a key of "chart-keyring": ${chart}: ${lastLines(text.replace(/^Error: /gm, ""), 1)}`,
  );
}

const pullTimeoutMs = 120_000;

async function pull(request: ChartRequest, tools: Tools): Promise<FetchedChart> {
  const { keyring, folder } = request;
  const wanted = chartReference(request);
  const credentials = credentialsFor(request, wanted.registry, tools);
  const found = await registry({ http, credentials }).resolve(wanted);
  if (found === undefined)
    throw new ConfigError(
      `Input "chart" names no chart: ${wanted.registry} has no ${wanted.repository} ${wanted.digest ?? wanted.tag}`,
    );
  const into = join(folder, "chart");
  await mkdir(into, { recursive: true, mode: 0o700 });
  const login = join(folder, "registry.json");
  await writeFile(login, await authFile(wanted.registry, credentials), { mode: 0o600 });
  // By digest: what was resolved is what is fetched, whatever becomes of the tag meanwhile.
  const name = `oci://${byDigest(wanted, found.digest)}`;
  const args = [
    ...["pull", name, "--destination", into, "--registry-config", login],
    ...(isLocalRegistry(wanted.registry) ? ["--plain-http"] : []),
    ...(keyring === undefined ? [] : ["--prov"]),
  ];
  const ran = await tools.shell(await request.helm(), args, { timeoutMs: pullTimeoutMs });
  if (ran.exitCode !== 0)
    throw new ConfigError(`Input "chart" could not be fetched: ${describeFailure("helm", args, ran)}`);
  const archive = (await readdir(into)).find((one) => one.endsWith(".tgz"));
  if (archive === undefined)
    throw new ConfigError(`Input "chart" names no chart: helm pull of ${name} left no archive`);
  tools.runner.info(`Fetched ${name}`);
  const path = join(into, archive);
  if (keyring === undefined) return { path, digest: found.digest };
  return { path: await verifyFetched(request, { keyring, path, name }, tools), digest: found.digest };
}

interface Fetched {
  readonly keyring: string;
  readonly path: string;
  readonly name: string;
}

// The provenance names the archive as it was packed; one that is fetched by digest is named after that.
async function verifyFetched(
  request: ChartRequest,
  { keyring, path, name }: Fetched,
  tools: Tools,
): Promise<string> {
  const packed = join(dirname(path), `${(await readChart(path)).title}.tgz`);
  await rename(path, packed);
  await rename(`${path}.prov`, `${packed}.prov`).catch(() => {
    throw unsigned(name, "it has no provenance in the registry");
  });
  await verify({ ...request, chart: packed }, keyring, tools);
  return packed;
}

/** The reference of a chart with the version that the inputs give it. */
function chartReference({ chart, version }: Omit<Named, "keyring">): ImageReference {
  const named = parseReference(chart.slice("oci://".length), "chart");
  const has = named.digest ?? named.tag;
  if (version === undefined && has === undefined)
    throw new ConfigError(
      `Input "chart-version" is required for a chart in a registry, so that it does not change by itself: got nothing with "${chart}"`,
    );
  if (version === undefined) return named;
  if (has !== undefined)
    throw new ConfigError(
      `Input "chart-version" and a version in "chart" exclude each other: got "${version}" and "${has}"`,
    );
  if (isDigest(version)) return { ...named, digest: version };
  // Tags know no plus sign; Helm writes build metadata with an underscore.
  const tag = version.replaceAll("+", "_");
  if (isTag(tag)) return { ...named, tag };
  throw new ConfigError(`Input "chart-version" must be a version or a digest: got "${version}"`);
}

function credentialsFor({ login }: ChartRequest, host: string, tools: Tools): CredentialsFor {
  const ours = login !== undefined && login.host === host ? { login: login.credentials } : {};
  return credentialsFrom({ ...tools, ...ours, host });
}

async function authFile(host: string, credentials: CredentialsFor): Promise<string> {
  const found = await credentials(host);
  if (found === undefined) return "{}";
  if (found.kind === "identity") return JSON.stringify({ auths: { [host]: { identitytoken: found.token } } });
  const auth = Buffer.from(`${found.user}:${found.password}`).toString("base64");
  return JSON.stringify({ auths: { [host]: { auth } } });
}
