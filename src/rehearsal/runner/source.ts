import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "../../core/errors.ts";
import { git } from "../github/git-history.ts";

/** A repository at one commit, as the runner reads workflows and actions from it. */
export interface Source {
  readonly repository: string;
  readonly sha: string;
  readonly ref: string;
  /** Folder whose files are used as they stand, for actions that run from it; absent when only the commit counts. */
  readonly folder?: string;
  /** The text of a file, undefined when the commit does not have it. */
  read(path: string): string | undefined;
}

/** The repositories whose files the runner may read. */
export interface Sources {
  readonly app: Source;
  readonly sluice: Source;
}

/** Our own repository: the files of the checkout as they stand, known by the commit they are based on. */
export function folderSource(folder: string, repository: string, ref: string): Source {
  const read = (path: string) => {
    try {
      return readFileSync(join(folder, path), "utf8");
    } catch {
      return undefined;
    }
  };
  return { repository, sha: headOf(folder) ?? "0".repeat(40), ref, folder, read };
}

/** The application's repository at one commit: what is not committed does not exist for it. */
export function commitSource(folder: string, repository: string, at: { sha?: string; ref: string }): Source {
  const sha = git(folder, ["rev-parse", "--verify", `${at.sha ?? "HEAD"}^{commit}`])?.trim();
  if (sha === undefined) throw new ConfigError(`${folder} must be a git repository with a commit`);
  return { repository, sha, ref: at.ref, read: (path) => git(folder, ["show", `${sha}:${path}`]) };
}

function headOf(folder: string): string | undefined {
  return git(folder, ["rev-parse", "HEAD"])?.trim();
}
