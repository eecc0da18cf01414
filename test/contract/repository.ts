import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parse } from "yaml";

export const root = new URL("../../", import.meta.url).pathname;

export interface TextFile {
  /** Seen from the repository's root. */
  readonly path: string;
  readonly text: string;
}

export interface YamlFile extends TextFile {
  readonly document: unknown;
}

/** Files below folders of the repository whose names end so. A folder that is not there has none. */
export function filesBelow(folders: readonly string[], ...endings: readonly string[]): readonly TextFile[] {
  return folders.flatMap((folder) => {
    if (!existsSync(join(root, folder))) return [];
    return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !path.includes("/node_modules/"))
      .toSorted()
      .map((path) => ({ path: relative(root, path), text: readFileSync(path, "utf8") }));
  });
}

export function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

export function exists(path: string): boolean {
  return existsSync(join(root, path));
}

function yaml(files: readonly TextFile[]): readonly YamlFile[] {
  return files.map((file) => ({ ...file, document: parse(file.text) }));
}

/** The workflows that other repositories call, and those of our own. */
export const workflows = yaml(filesBelow([".github/workflows"], ".yml", ".yaml"));
/** Complete workflows that call ours: what users copy, and the sample application's copies of it. */
export const callers = yaml(
  filesBelow(["workflows-templates", "examples/web/.github/workflows"], ".yml", ".yaml"),
);

export const actionNames = readdirSync(join(root, "actions")).toSorted();
