import { at, isRecord, listAt, numberAt, textAt } from "../../core/json.ts";
import { type ImageDigest, isDigest } from "./digest.ts";

export interface BlobDescriptor {
  readonly digest: ImageDigest;
  readonly size: number;
  readonly mediaType: string;
}

/** What a manifest says: an index names one manifest per platform, an image names its config and layers. */
export type Manifest =
  | { readonly kind: "index"; readonly platforms: readonly PlatformManifest[] }
  | { readonly kind: "image"; readonly config: BlobDescriptor; readonly layers: readonly BlobDescriptor[] };

export interface PlatformManifest extends BlobDescriptor {
  /** Such as `linux/amd64` or `linux/arm/v7`. */
  readonly platform: string;
}

/** Media types of manifests that are asked for and understood. */
export const manifestTypes: readonly string[] = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];

/** The manifest of a JSON document, or undefined when it is not one that is understood. */
export function parseManifest(document: unknown): Manifest | undefined {
  if (Array.isArray(at(document, "manifests"))) {
    const platforms = listAt(document, "manifests").map(platformManifest);
    return platforms.every((one) => one !== undefined) ? { kind: "index", platforms } : undefined;
  }
  const config = descriptor(at(document, "config"));
  const layers = listAt(document, "layers").map(descriptor);
  if (config === undefined || !layers.every((one) => one !== undefined)) return undefined;
  return { kind: "image", config, layers };
}

/** Bytes a client fetches for one platform: config and layers. */
export function sizeOf(manifest: Manifest & { readonly kind: "image" }): number {
  return [manifest.config, ...manifest.layers].reduce((sum, blob) => sum + blob.size, 0);
}

/** The platform that an image's config (or an index entry) names, such as `linux/arm/v7`. */
export function platformOf(document: unknown): string {
  const parts = [textAt(document, "os"), textAt(document, "architecture"), textAt(document, "variant")];
  return parts.filter((part) => part !== undefined && part !== "").join("/") || "unknown";
}

function platformManifest(entry: unknown): PlatformManifest | undefined {
  const found = descriptor(entry);
  return found === undefined ? undefined : { ...found, platform: platformOf(at(entry, "platform")) };
}

function descriptor(entry: unknown): BlobDescriptor | undefined {
  const digest = textAt(entry, "digest");
  const size = numberAt(entry, "size");
  const mediaType = textAt(entry, "mediaType");
  if (!isRecord(entry) || digest === undefined || !isDigest(digest)) return undefined;
  if (size === undefined || mediaType === undefined) return undefined;
  return { digest, size, mediaType };
}
