import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { digestOfBytes } from "./fake-registry.ts";

/** Writes an OCI layout with a small image whose one layer holds the given text, and returns its digest. */
export function writeLayout(folder: string, layerText = "layer"): string {
  const blobs = join(folder, "blobs", "sha256");
  mkdirSync(blobs, { recursive: true });
  const keep = (text: string, mediaType: string) => {
    const digest = digestOfBytes(text);
    writeFileSync(join(blobs, digest.slice("sha256:".length)), text);
    return { mediaType, digest, size: Buffer.byteLength(text) };
  };
  const config = keep(
    JSON.stringify({ os: "linux", architecture: "amd64" }),
    "application/vnd.oci.image.config.v1+json",
  );
  const layer = keep(layerText, "application/vnd.oci.image.layer.v1.tar");
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = keep(JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [layer] }), mediaType);
  writeFileSync(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  writeFileSync(join(folder, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
  return manifest.digest;
}
