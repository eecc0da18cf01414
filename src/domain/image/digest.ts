import type { Brand } from "../../core/brand.ts";
import { ConfigError } from "../../core/errors.ts";

/** `sha256:` and 64 hex digits: what is scanned is what is deployed is what is verified. */
export type ImageDigest = Brand<"ImageDigest">;

export function isDigest(text: string): text is ImageDigest {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}

export function parseDigest(text: string): ImageDigest {
  if (isDigest(text)) return text;
  throw new ConfigError(`Image digest must be sha256: and 64 hex digits: got "${text}"`);
}
