import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { basicAuthorization, type RegistryLogin } from "../../../src/rehearsal/cluster/registry.ts";
import type { World } from "../../../src/rehearsal/cluster/world.ts";

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

interface Manifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

interface Config {
  readonly config: { readonly Env?: readonly string[] };
}

const base = "base/node";

let lastPush: Promise<unknown> = Promise.resolve();

/**
 * Pushes an image of the test's program and returns it by digest. Versions differ in their configuration alone: they
 * share every layer, so that a push and a pull take no time. One after the other: the registry may refuse a manifest
 * (400, blob unknown) while another push of the same blob is being completed.
 */
export function pushVersion(
  world: World,
  version: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const push = lastPush.then(() => pushAlone(world, version, env));
  lastPush = push.catch(() => undefined);
  return push;
}

async function pushAlone(
  world: World,
  version: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const { registry, parts } = world;
  const folder = parts.images.node;
  const index = await readJson<{ manifests: readonly Descriptor[] }>(join(folder, "index.json"));
  const manifest = await readJson<Manifest>(blobPath(folder, index.manifests[0]?.digest ?? ""));
  const config = await readJson<Config>(blobPath(folder, manifest.config.digest));
  const program = await readFile(new URL("server.cjs", import.meta.url), "utf8");
  const variables = Object.entries({ VERSION: version, ...env }).map(([name, value]) => `${name}=${value}`);
  const settings = {
    ...config.config,
    Env: [...(config.config.Env ?? []), ...variables],
    Entrypoint: ["node", "-e", program],
    Cmd: [],
  };
  const target: Target = { login: registry, repository: "acme/web" };
  for (const layer of manifest.layers) await mount(target, layer.digest);
  const bytes = Buffer.from(JSON.stringify({ ...config, config: settings }));
  await upload(target, bytes);
  const described = { ...manifest.config, digest: sha256(bytes), size: bytes.length };
  const made = Buffer.from(JSON.stringify({ ...manifest, config: described }));
  const digest = sha256(made);
  const type = index.manifests[0]?.mediaType ?? "application/vnd.oci.image.manifest.v1+json";
  await send(target, "PUT", `manifests/${digest}`, { body: made, type });
  return `${registry.host}/${target.repository}@${digest}`;
}

/** Takes an image away from the registry, as a cleaning policy does. */
export async function removeImage(world: World, image: string): Promise<void> {
  const [name = "", digest = ""] = image.split("@");
  const repository = name.slice(world.registry.host.length + 1);
  await send({ login: world.registry, repository }, "DELETE", `manifests/${digest}`);
}

interface Target {
  readonly login: RegistryLogin;
  readonly repository: string;
}

async function mount(target: Target, digest: string): Promise<void> {
  await send(target, "POST", `blobs/uploads/?mount=${digest}&from=${base}`);
}

async function upload(target: Target, bytes: Buffer): Promise<void> {
  const begun = await send(target, "POST", "blobs/uploads/");
  const place = new URL(begun.headers.get("location") ?? "", `http://${target.login.host}`);
  place.searchParams.set("digest", sha256(bytes));
  await send(target, "PUT", place, { body: bytes, type: "application/octet-stream" });
}

async function send(
  { login, repository }: Target,
  method: "POST" | "PUT" | "DELETE",
  where: string | URL,
  content?: { readonly body: Buffer; readonly type: string },
): Promise<Response> {
  const url = where instanceof URL ? where : `http://${login.host}/v2/${repository}/${where}`;
  const headers = { authorization: basicAuthorization(login) };
  const response = await fetch(url, {
    method,
    headers: content === undefined ? headers : { ...headers, "content-type": content.type },
    ...(content === undefined ? {} : { body: new Uint8Array(content.body) }),
  });
  await response.arrayBuffer();
  if (response.ok) return response;
  throw new Error(`The registry answered ${response.status} to ${method} ${String(url)}`);
}

function blobPath(folder: string, digest: string): string {
  return join(folder, "blobs", ...digest.split(":"));
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, "utf8")) as T;
}

function sha256(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
