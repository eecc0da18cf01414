import { ConfigError } from "../core/errors.ts";
import type { ImageDigest } from "../domain/image/digest.ts";
import { parseReference } from "../domain/image/reference.ts";
import type { InputReader } from "./github-runner.ts";
import { lines, list, optional } from "./inputs.ts";

/** The image a judge speaks of, and the evidence that must vouch for it. */
export interface VouchedImage {
  readonly image?: string;
  readonly digest?: ImageDigest;
  /** Paths and globs of evidence files. */
  readonly evidence: readonly string[];
  /** Gates that must have passed for the digest. */
  readonly require: readonly string[];
}

/** Reads `image`, `evidence` and `require`: evidence without a digest to vouch for is refused. */
export function readVouchedImage(inputs: InputReader): VouchedImage {
  const image = optional(inputs, "image");
  const evidence = lines(inputs, "evidence");
  const gates = list(inputs, "require");
  if (image !== undefined) return { image, digest: digestOf(image), evidence, require: gates };
  if (evidence.length === 0 && gates.length === 0) return { evidence, require: gates };
  throw new ConfigError('Input "image" must be given by digest where evidence or require is: got nothing');
}

function digestOf(image: string): ImageDigest {
  const { digest } = parseReference(image, "image");
  if (digest !== undefined) return digest;
  throw new ConfigError(
    `Input "image" must name the image by digest (…@sha256:…), as evidence speaks for a digest: got "${image}"`,
  );
}
