import { ConfigError } from "../../core/errors.ts";
import { isDigest } from "../image/digest.ts";

/** The handle by which a person names what to return to. */
export type TargetHandle =
  | { readonly kind: "last-good" }
  /** So many proven versions back: 1 is the last good one. */
  | { readonly kind: "back"; readonly count: number }
  | { readonly kind: "revision"; readonly revision: number }
  | { readonly kind: "digest"; readonly digest: string }
  | { readonly kind: "commit"; readonly commit: string }
  | { readonly kind: "version"; readonly version: string };

export function parseTarget(text: string): TargetHandle {
  if (text === "last-good") return { kind: "last-good" };
  const back = /^-([1-9]\d?)$/.exec(text)?.[1];
  if (back !== undefined) return { kind: "back", count: Number(back) };
  if (/^[1-9]\d{0,5}$/.test(text)) return { kind: "revision", revision: Number(text) };
  if (isDigest(text)) return { kind: "digest", digest: text };
  if (/^[0-9a-f]{7,40}$/.test(text)) return { kind: "commit", commit: text };
  if (/^v?\d+\.[\w.+-]+$/.test(text)) return { kind: "version", version: text };
  throw new ConfigError(
    `Input "to" must be last-good, -1 or further back, a revision, a version, a commit or a digest: got "${text}"`,
  );
}
