/** An image that may be another one tomorrow. */
export interface LooseImage {
  readonly image: string;
  /** Its tag names a version, which publishers leave where it is; `latest`, none or a branch name moves by design. */
  readonly isVersioned: boolean;
}

/** The images that are named by tag alone. */
export function looseImages(images: readonly string[]): readonly LooseImage[] {
  return images
    .filter((image) => !image.includes("@sha256:"))
    .map((image) => ({ image, isVersioned: isVersioned(image) }));
}

function isVersioned(image: string): boolean {
  const tag = /:([^:/]+)$/.exec(image)?.[1] ?? "latest";
  return /^v?\d+\.\d+(\.\d+)?([-+._].*)?$/.test(tag) || /(^|[-_.])[0-9a-f]{7,40}$/.test(tag);
}

/** What becomes of images by tag: one refused, one only told. */
export interface LooseVerdict {
  readonly refused: readonly string[];
  readonly warned: readonly string[];
}

/**
 * Where somebody must approve, a tag that moves by design is refused, since what runs would not be what was approved. A
 * versioned tag, such as that of a sidecar from elsewhere, is told; `resolved` are those whose digest the plan keeps.
 */
export function judgeLooseImages(
  loose: readonly LooseImage[],
  { isApproved, resolved }: { readonly isApproved: boolean; readonly resolved: ReadonlySet<string> },
): LooseVerdict {
  const open = loose.filter(({ image }) => !resolved.has(image));
  const refused = isApproved ? open.filter((one) => !one.isVersioned) : [];
  return {
    refused: refused.map(
      ({ image }) =>
        `Image ${image} is named by a tag that moves: name it by digest in the values, or say mutable-tags: resolve`,
    ),
    warned: open
      .filter((one) => !refused.includes(one))
      .map(
        ({ image }) => `Image \`${image}\` is not named by digest: what runs may differ from what was seen.`,
      ),
  };
}
