/** What is known about the source of an image. */
export interface ImageSource {
  /** Where the source can be looked at. */
  readonly url?: string;
  readonly revision?: string;
  /** ISO 8601, of the commit: the same commit gives the same image. */
  readonly committedAt?: string;
  readonly version?: string;
}

/** Labels by the annotation keys of the OCI image specification; what the caller gives wins. */
export function labelsOf(
  source: ImageSource,
  given: ReadonlyMap<string, string>,
): Readonly<Record<string, string>> {
  const known = {
    "org.opencontainers.image.created": source.committedAt,
    "org.opencontainers.image.revision": source.revision,
    "org.opencontainers.image.source": source.url,
    "org.opencontainers.image.version": source.version,
  };
  const labels = [...Object.entries(known), ...given].filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return Object.fromEntries(labels);
}
