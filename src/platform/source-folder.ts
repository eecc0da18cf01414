import { stat } from "node:fs/promises";
import { isAbsolute, relative, resolve } from "node:path";
import { ConfigError } from "../core/errors.ts";

/** A folder of the checkout and where it lies in the repository. */
export interface SourceFolder {
  readonly path: string;
  /** Seen from the workspace with forward slashes; empty at its root, and for a folder outside of it. */
  readonly prefix: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Finds the folder an input names, seen from the workspace. */
export async function findSource(input: string, path: string, env: Env): Promise<SourceFolder> {
  const workspace = env.GITHUB_WORKSPACE ?? process.cwd();
  const folder = resolve(workspace, path);
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new ConfigError(`Input "${input}" must name a folder: got "${path}"`);
  const prefix = relative(workspace, folder);
  return { path: folder, prefix: prefix.startsWith("..") || isAbsolute(prefix) ? "" : prefix };
}
