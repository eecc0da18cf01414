import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { mustSucceed, shell } from "../../platform/shell.ts";

export interface ImageConfig {
  readonly env: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly command: readonly string[];
  readonly workingFolder?: string;
}

/** Writes an OCI layout folder with one image of one layer: the files of `rootfs`, owned as its paths say. */
export async function writeLayout(folder: string, rootfs: string, config: ImageConfig): Promise<void> {
  await mkdir(join(folder, "blobs", "sha256"), { recursive: true });
  const archive = join(folder, "layer.tar");
  // Same files, same bytes: the layer's digest says whether two images are the same.
  const stable = ["--sort=name", "--mtime=@0", "--numeric-owner", "--format=posix"];
  const noTimes = "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime";
  await mustSucceed(shell, "tar", [...stable, noTimes, "-C", rootfs, "-cf", archive, "."]);
  const plain = await readFile(archive);
  await rm(archive);
  const put = (bytes: Buffer) => putBlob(folder, bytes);
  const layer = await put(await promisify(gzip)(plain, { level: 1 }));
  const image = await put(jsonBytes(describeImage(config, sha256(plain))));
  const manifest = await put(
    jsonBytes({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: { mediaType: "application/vnd.oci.image.config.v1+json", ...image },
      layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", ...layer }],
    }),
  );
  await writeFile(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(
    join(folder, "index.json.new"),
    jsonBytes({
      schemaVersion: 2,
      manifests: [{ mediaType: "application/vnd.oci.image.manifest.v1+json", ...manifest }],
    }),
  );
  await rename(join(folder, "index.json.new"), join(folder, "index.json"));
}

function describeImage(config: ImageConfig, diffId: string): object {
  return {
    architecture: process.arch === "arm64" ? "arm64" : "amd64",
    os: "linux",
    config: {
      Env: config.env,
      Cmd: config.command,
      ...(config.entrypoint === undefined ? {} : { Entrypoint: config.entrypoint }),
      ...(config.workingFolder === undefined ? {} : { WorkingDir: config.workingFolder }),
    },
    rootfs: { type: "layers", diff_ids: [diffId] },
    history: [{ created: "1970-01-01T00:00:00Z", created_by: "sluice rehearsal" }],
    created: "1970-01-01T00:00:00Z",
  };
}

function jsonBytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function sha256(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

async function putBlob(folder: string, bytes: Buffer): Promise<{ digest: string; size: number }> {
  const digest = sha256(bytes);
  await writeFile(join(folder, "blobs", ...digest.split(":")), bytes);
  return { digest, size: bytes.length };
}
