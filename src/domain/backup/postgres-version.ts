/** Major of a PostgreSQL version text such as `15.18 (Debian 15.18-0+deb12u1)`. */
export function majorOf(version: string): number | undefined {
  const major = Number(/^\d+/.exec(version)?.[0]);
  return Number.isNaN(major) ? undefined : major;
}

/** The first minor release of each major whose psql can be told to refuse backslash commands. */
const restrictSince: Readonly<Record<number, number>> = { 13: 22, 14: 19, 15: 14, 16: 10, 17: 6 };

/** Whether this psql has `\restrict`, without which a plain dump can run programs on the machine. */
export function canRestrict(version: string): boolean {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(version) ?? [];
  const since = restrictSince[Number(major)];
  return Number(major) >= 18 || (since !== undefined && Number(minor) >= since);
}

/** Why a dump cannot be judged with these tools: they are older than what made it. */
export function tooOld(made: { readonly server?: string; readonly dump?: string }, installed: number) {
  for (const [what, version] of [
    ["from PostgreSQL", made.server],
    ["by pg_dump", made.dump],
  ] as const) {
    const major = version === undefined ? undefined : majorOf(version);
    if (major !== undefined && major > installed) {
      return `The dump was made ${what} ${version}, which PostgreSQL ${installed} on this runner cannot restore: install PostgreSQL ${major}`;
    }
  }
  return undefined;
}
