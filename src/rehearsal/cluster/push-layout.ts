import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { OutsideError } from "../../core/errors.ts";
import { basicAuthorization, type RegistryLogin } from "./registry.ts";

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
}

/** Pushes the one image of an OCI layout folder to the world's registry. */
export async function pushLayout(folder: string, login: RegistryLogin, name: string): Promise<void> {
  const [repository = "", tag = ""] = name.split(":");
  const index = JSON.parse(await readFile(join(folder, "index.json"), "utf8")) as { manifests: Descriptor[] };
  const [descriptor] = index.manifests;
  if (descriptor === undefined) throw new OutsideError(`Image layout ${folder} names no manifest`);
  const bytes = await readBlob(folder, descriptor.digest);
  const manifest = JSON.parse(bytes.toString("utf8")) as { config: Descriptor; layers: Descriptor[] };
  const target = { login, repository };
  const blobs = [manifest.config, ...manifest.layers];
  await Promise.all(
    blobs.map(async ({ digest }) => pushBlob(target, digest, await readBlob(folder, digest))),
  );
  await send(target, "PUT", `manifests/${tag}`, bytes, descriptor.mediaType);
}

interface Target {
  readonly login: RegistryLogin;
  readonly repository: string;
}

function readBlob(folder: string, digest: string): Promise<Buffer> {
  return readFile(join(folder, "blobs", ...digest.split(":")));
}

async function pushBlob(target: Target, digest: string, bytes: Buffer): Promise<void> {
  const begun = await send(target, "POST", "blobs/uploads/");
  const url = new URL(begun.headers.get("location") ?? "", `http://${target.login.host}`);
  url.searchParams.set("digest", digest);
  await send(target, "PUT", url, bytes, "application/octet-stream");
}

async function send(
  target: Target,
  method: "POST" | "PUT",
  where: string | URL,
  body?: Buffer,
  type?: string,
): Promise<Response> {
  const url = where instanceof URL ? where : `http://${target.login.host}/v2/${target.repository}/${where}`;
  const response = await fetch(url, {
    method,
    headers: { authorization: basicAuthorization(target.login), ...(type ? { "content-type": type } : {}) },
    ...(body === undefined ? {} : { body: new Uint8Array(body) }),
  });
  await response.arrayBuffer();
  if (response.ok) return response;
  throw new OutsideError(`The registry answered ${response.status} to ${method} ${target.repository}`);
}
