import { ConfigError } from "../../core/errors.ts";
import { at, isRecord, type Json } from "../../core/json.ts";
import type { ImageDigest } from "../image/digest.ts";
import { byDigest, type ImageReference } from "../image/reference.ts";
import { commonPlaces, imageKeys, layoutValues } from "./image-layouts.ts";

/** An image that a chart is told, by digest, and where in the values it is told. */
export interface ChartImage {
  /** Absent: the chart's own layout decides. */
  readonly valuesPath?: string;
  readonly reference: ImageReference;
  readonly digest: ImageDigest;
}

export type Values = { readonly [key: string]: Json };

/** The values that make the chart run these images; `defaults` are the chart's own values. */
export function imageValues(images: readonly ChartImage[], defaults: unknown): Values {
  return images.reduce<Values>((values, image) => mergeValues(values, valuesOf(image, defaults)), {});
}

function valuesOf({ valuesPath, reference, digest }: ChartImage, defaults: unknown): Values {
  const whole = byDigest(reference, digest);
  if (valuesPath !== undefined) {
    const path = valuesPath.split(".");
    return nested(path, layoutValues(at(defaults, ...path), reference, digest) ?? whole);
  }
  for (const place of commonPlaces) {
    const there = at(defaults, ...place);
    if (typeof there === "string") return nested(place, whole);
    const fitting = layoutValues(there, reference, digest);
    if (fitting !== undefined) return nested(place, fitting);
  }
  const seen = imageKeys(defaults);
  throw new ConfigError(
    `Input "image" must be a mapping "values path: image by digest" for this chart: its values have no image in a common place (${seen.length === 0 ? "none looks like one" : `seen: ${seen.slice(0, 12).join(", ")}`})`,
  );
}

function nested(path: readonly string[], leaf: Json): Values {
  const [first = "", ...rest] = path;
  return { [first]: rest.length === 0 ? leaf : nested(rest, leaf) };
}

/** Values laid over others as Helm lays files over each other: mappings merge, everything else is replaced. */
export function mergeValues(under: Values, over: Values): Values {
  const merged: Record<string, Json> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isValues(below) && isValues(value) ? mergeValues(below, value) : value;
  }
  return merged;
}

export function isValues(value: unknown): value is Values {
  return isRecord(value);
}
