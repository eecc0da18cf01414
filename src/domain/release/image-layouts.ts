import { at, isRecord } from "../../core/json.ts";
import type { ImageDigest } from "../image/digest.ts";
import { byDigest, type ImageReference, nameOf } from "../image/reference.ts";
import type { Values } from "./image-values.ts";

const wholeKeys = ["reference", "ref", "fullName"] as const;
const nameKeys = ["repository", "name", "image"] as const;

/** The values by which a mapping of the common layouts names an image by digest; undefined where none fits. */
export function layoutValues(
  layout: unknown,
  reference: ImageReference,
  digest: ImageDigest,
): Values | undefined {
  if (!isRecord(layout)) return undefined;
  const whole = wholeKeys.find((key) => key in layout);
  if (whole !== undefined) return { [whole]: byDigest(reference, digest) };
  const name = nameKeys.find((key) => typeof layout[key] === "string" || layout[key] === null);
  if (name === undefined) return undefined;
  const registry = "registry" in layout ? { registry: reference.registry } : {};
  const path = "registry" in layout ? reference.repository : nameOf(reference);
  if ("digest" in layout) return { ...registry, [name]: path, digest };
  if ("sha" in layout) return { ...registry, [name]: path, sha: digest.replace("sha256:", "") };
  // `name:tag` of these two is the image by digest, which charts without a key for it render as well.
  if ("tag" in layout) return { ...registry, [name]: `${path}@sha256`, tag: digest.replace("sha256:", "") };
  return "registry" in layout ? undefined : { [name]: byDigest(reference, digest) };
}

/** Where charts of one image commonly keep it, in the order in which they are looked for. */
export const commonPlaces: readonly (readonly string[])[] = [
  ["image"],
  ["global", "image"],
  ["app", "image"],
  ["deployment", "image"],
  ["imageRef"],
  ["imageReference"],
  ["global", "imageRef"],
];

/** Keys of a chart's values that look like images, for somebody who has to map one. */
export function imageKeys(values: unknown, path: readonly string[] = []): readonly string[] {
  if (!isRecord(values) || path.length > 6) return [];
  return Object.entries(values).flatMap(([key, value]) => {
    const here = [...path, key];
    const isImage = /image(ref|reference)?$/i.test(key) && (typeof value === "string" || isImageLike(value));
    return isImage ? [here.join(".")] : imageKeys(value, here);
  });
}

function isImageLike(value: unknown): boolean {
  return (
    isRecord(value) &&
    ["repository", "tag", "digest", "reference"].some((key) => at(value, key) !== undefined)
  );
}
