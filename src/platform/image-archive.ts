import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { OutsideError } from "../core/errors.ts";
import type { ImageDigest } from "../domain/image/digest.ts";
import { type ImageReference, nameOf } from "../domain/image/reference.ts";
import type { Runner } from "./github-runner.ts";
import type { Http } from "./http.ts";
import { type Registry, registry } from "./registry.ts";
import { type Credentials, credentialsFrom } from "./registry-auth.ts";
import { downloadBlob } from "./registry-blobs.ts";
import { openSession, type RegistrySession } from "./registry-session.ts";
import { mustSucceed, type Shell } from "./shell.ts";

/** An image of one platform as a Docker archive, every byte of it checked against the digest that was asked for. */
export interface ImageArchive {
  readonly digest: ImageDigest;
  /** Such as `linux/amd64`; empty for an image that is not part of an index. */
  readonly platform: string;
  readonly path: string;
}

export interface ImagePull {
  readonly reference: ImageReference;
  readonly digest: ImageDigest;
  readonly login?: Credentials | undefined;
  /** Where the archives are written. */
  readonly folder: string;
  readonly runner: Pick<Runner, "env">;
  readonly shell: Shell;
  readonly http: Http;
  readonly signal: AbortSignal;
}

type Pull = ImagePull & { readonly registry: Registry; readonly session: RegistrySession };

/** Pulls an image by digest: one archive, or one for each platform of an index. */
export async function pullByDigest(wanted: ImagePull): Promise<readonly ImageArchive[]> {
  const { reference, digest, http, signal } = wanted;
  const credentials = credentialsFrom({ ...wanted, host: reference.registry });
  const pull: Pull = {
    ...wanted,
    registry: registry({ http, credentials, signal }),
    session: openSession(reference, { http, credentials, right: "pull", signal }),
  };
  const { manifest } = await pull.registry.manifest(reference, digest);
  if (manifest.kind === "image") return [await pullOne(pull, digest, "")];
  // An index also lists attestations, which are no images.
  const platforms = manifest.platforms.filter(({ platform }) => !platform.startsWith("unknown"));
  const archives: ImageArchive[] = [];
  for (const one of platforms) archives.push(await pullOne(pull, one.digest, one.platform));
  return archives;
}

async function pullOne(pull: Pull, digest: ImageDigest, platform: string): Promise<ImageArchive> {
  const { manifest } = await pull.registry.manifest(pull.reference, digest);
  if (manifest.kind !== "image") {
    throw new OutsideError(
      `${nameOf(pull.reference)}@${digest} is an index within an index, which is not scanned`,
    );
  }
  const folder = join(pull.folder, digest.slice("sha256:".length));
  await mkdir(folder, { recursive: true });
  const config = fileOf(manifest.config.digest, ".json");
  const blobs = new Map([[config, manifest.config]]);
  for (const layer of manifest.layers) blobs.set(fileOf(layer.digest, ".tar"), layer);
  for (const [name, blob] of blobs) {
    await downloadBlob(pull.session, { ...blob, path: join(folder, name) });
  }
  const layers = manifest.layers.map((layer) => fileOf(layer.digest, ".tar"));
  const index = [{ Config: config, RepoTags: [], Layers: layers }];
  await writeFile(join(folder, "manifest.json"), JSON.stringify(index));
  const path = `${folder}.tar`;
  const names = ["manifest.json", ...blobs.keys()];
  await mustSucceed(pull.shell, "tar", ["--create", "--file", path, "--directory", folder, ...names]);
  return { digest, platform, path };
}

function fileOf(digest: string, suffix: string): string {
  return `${digest.slice("sha256:".length)}${suffix}`;
}
