import { existsSync, globSync, readdirSync, statSync } from "node:fs";
import { dirname, join, matchesGlob, relative, resolve, sep } from "node:path";

/** The files an upload takes, and the folder that becomes the root of the artifact. */
export interface ArtifactFiles {
  readonly root: string;
  readonly files: readonly string[];
}

/** Finds what the `path` input of `actions/upload-artifact` names: lines with folders, files, globs and `!` exclusions. */
export function findArtifactFiles(patterns: string, workspace: string, withHidden: boolean): ArtifactFiles {
  const lines = patterns.split("\n").map((line) => line.trim());
  const wanted = lines
    .filter((line) => line !== "" && !line.startsWith("!"))
    .map((line) => resolve(workspace, line));
  const unwanted = lines
    .filter((line) => line.startsWith("!"))
    .map((line) => resolve(workspace, line.slice(1)));
  const found = new Set(wanted.flatMap((pattern) => expand(pattern)));
  const files = [...found].filter((file) => !unwanted.some((pattern) => isCovered(file, pattern)));
  const starts = wanted.map(searchStart);
  const only = files[0];
  // One file named as such becomes the root's only entry; several places share their nearest common folder.
  const root =
    wanted.length === 1 && files.length === 1 && only !== undefined && only === wanted[0]
      ? dirname(only)
      : commonFolder(starts);
  const relatives = files.map((file) => relative(root, file));
  return { root, files: relatives.filter((file) => withHidden || !isHidden(file)).sort() };
}

function expand(pattern: string): readonly string[] {
  const places = isGlob(pattern) ? globSync(pattern) : existsSync(pattern) ? [pattern] : [];
  return places.flatMap((place) => (statSync(place).isDirectory() ? filesIn(place) : [place]));
}

function filesIn(folder: string): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
}

function isGlob(pattern: string): boolean {
  return /[*?[]/.test(pattern);
}

function isCovered(file: string, pattern: string): boolean {
  return matchesGlob(file, pattern) || file.startsWith(`${pattern}${sep}`);
}

function isHidden(file: string): boolean {
  return file.split(sep).some((part) => part.startsWith("."));
}

function searchStart(pattern: string): string {
  if (!isGlob(pattern)) return existsSync(pattern) && statSync(pattern).isFile() ? dirname(pattern) : pattern;
  const parts = pattern.split(sep);
  return parts.slice(0, parts.findIndex(isGlob)).join(sep) || sep;
}

function commonFolder(folders: readonly string[]): string {
  const [first = sep, ...rest] = folders;
  let parts = first.split(sep);
  for (const folder of rest) {
    const other = folder.split(sep);
    const differs = parts.findIndex((part, index) => part !== other[index]);
    if (differs >= 0) parts = parts.slice(0, differs);
  }
  return parts.join(sep) || sep;
}
