import { formatMs } from "../../core/duration.ts";

/** One ecosystem of an OSV database: its archive's digest and how many records lie in it. */
export interface DatabasePart {
  readonly ecosystem: string;
  readonly records: number;
  readonly sha256: string;
}

/** The vulnerability database a scan has asked, named so that a reader knows how much it can know. */
export interface VulnerabilityDatabase {
  readonly name: string;
  readonly source?: string;
  readonly description?: string;
  /** ISO 8601. */
  readonly recordedAt: string;
  readonly parts: readonly DatabasePart[];
}

export interface DatabaseUse {
  readonly database: VulnerabilityDatabase;
  readonly maxAgeMs: number;
  readonly nowMs: number;
}

/** Why a database cannot vouch for anything found clean: too old, of unknown age, or from the future. */
export function ageGaps({ database, maxAgeMs, nowMs }: DatabaseUse): readonly string[] {
  const ageMs = nowMs - Date.parse(database.recordedAt);
  // A clock may run a little behind the one that recorded the database.
  const clockSlackMs = 3_600_000;
  if (ageMs >= -clockSlackMs && ageMs <= maxAgeMs) return [];
  if (ageMs > maxAgeMs) {
    const age = `${formatMs(ageMs)} old, allowed ${formatMs(maxAgeMs)}`;
    return [`The vulnerability database "${database.name}" is ${age}`];
  }
  return [
    `The age of the vulnerability database "${database.name}" is not known: recorded "${database.recordedAt}"`,
  ];
}

/**
 * The ecosystems with packages for which the database has no record. osv-scanner then answers "no findings",
 * and where another ecosystem has findings not even its exit code shows it.
 */
export function coverageGaps(
  packages: Readonly<Record<string, number>>,
  parts: readonly DatabasePart[],
): readonly string[] {
  const counts = new Map<string, number>();
  for (const [ecosystem, count] of Object.entries(packages)) {
    const name = databaseNameOf(ecosystem);
    if (name !== "") counts.set(name, (counts.get(name) ?? 0) + count);
  }
  return [...counts]
    .filter(([name]) => !parts.some((part) => part.ecosystem === name && part.records > 0))
    .map(
      ([name, count]) =>
        `The vulnerability database has no records for ${name}: ${count} packages not judged`,
    );
}

/** `Debian:12` is looked up in the database `Debian`. */
function databaseNameOf(ecosystem: string): string {
  return ecosystem.split(":")[0] ?? "";
}
