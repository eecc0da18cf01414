import { textAt } from "../../core/json.ts";
import type { DeployRecord } from "../record/record.ts";
import { labelOf, type ManifestObject, workloadObjects } from "../release/manifest.ts";

/**
 * Why the data may be ahead of the version to return to: a deploy after it was told a higher schema level. An attempt
 * that never touched the running version moved no data.
 */
export function schemaObstacle(
  records: readonly DeployRecord[],
  target: DeployRecord | undefined,
  name: string,
): string | undefined {
  const known = target?.schemaLevel ?? 0;
  const index = target === undefined ? -1 : records.findIndex(({ id }) => id === target.id);
  const later = index < 0 ? records : records.slice(0, index);
  const highest = later
    .filter(({ untouched }) => untouched !== true)
    .toSorted((a, b) => (b.schemaLevel ?? 0) - (a.schemaLevel ?? 0))[0];
  const level = highest?.schemaLevel ?? 0;
  if (highest === undefined || level <= known) return undefined;
  return `the data is at schema level ${level} since record ${highest.id}, and ${name} knows level ${known}: ignore-schema-level takes it all the same`;
}

/** The workloads whose old pods must be gone before new ones start: their rollback has downtime. */
export function recreated(objects: readonly ManifestObject[]): readonly string[] {
  return workloadObjects(objects)
    .filter(({ body }) => textAt(body, "spec", "strategy", "type") === "Recreate")
    .map(labelOf);
}

/** What Helm itself says a revision is: the digest of its manifest, and the record it was deployed for. */
export interface HelmsWord {
  /** With and without hooks: records of both kinds exist. */
  readonly manifestDigests: readonly string[];
  /** From the revision's labels; undefined where there is none. */
  readonly record: string | undefined;
}

/**
 * Whether our record speaks of another thing than Helm. A chart that makes up passwords renders differently each time,
 * so the label that Helm keeps with the revision proves it as well as the digest does.
 */
export function disagreement(record: DeployRecord | undefined, helm: HelmsWord): string | undefined {
  if (record === undefined || record.manifestDigest === "") return undefined;
  if (helm.manifestDigests.includes(record.manifestDigest)) return undefined;
  if (helm.record === record.id || (helm.record !== undefined && helm.record === record.rollbackTo))
    return undefined;
  const got = helm.manifestDigests[0] ?? "no manifest";
  return `record ${record.id} says its manifest is ${record.manifestDigest}, Helm has ${got}: allow-unverified takes it all the same`;
}
