import lock from "../../tools.lock.json" with { type: "json" };

export interface LockedDownload {
  readonly url: string;
  /** SHA-256 of what the URL serves, in hex. Without it nothing is downloaded. */
  readonly sha256: string;
  /** Path of the program inside the archive; absent for a bare binary. */
  readonly path?: string;
}

export interface LockedTool {
  readonly name: string;
  readonly version: string;
  /** The range of versions that does as well, for a program found on PATH. */
  readonly fits: string;
  readonly platforms: Readonly<Record<string, LockedDownload>>;
  readonly goInstall?: {
    readonly package: string;
    readonly version: string;
    readonly toolchain?: string;
    readonly ldflags?: string;
  };
}

/** The tools of `tools.lock.json`, the one list that actions and rehearsal share. */
export const lockedTools: readonly LockedTool[] = lock.tools as readonly LockedTool[];

/** The entry for a name, of the wanted version when one is asked. */
export function lockedTool(name: string, version?: string): LockedTool | undefined {
  return lockedTools.find(
    (tool) => tool.name === name && (version === undefined || tool.version === version),
  );
}
