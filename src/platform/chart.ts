import { createHash, randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "../core/errors.ts";
import { listAt, textAt } from "../core/json.ts";
import type { Values } from "../domain/release/image-values.ts";
import { canonical, labelOf, type ManifestObject } from "../domain/release/manifest.ts";
import { type ChartFiles, readChartFiles } from "./chart-files.ts";
import { parseManifest, parseYamlInput } from "./yaml.ts";

/** A chart as its files tell it. */
export interface Chart {
  /** Folder or archive on this machine. */
  readonly path: string;
  /** Name and version, such as `web-0.1.0`. */
  readonly title: string;
  /** The values of the chart itself, before any of ours. */
  readonly defaults: unknown;
  /** The custom resource definitions in `crds/`, subcharts' included. */
  readonly definitions: readonly unknown[];
}

/** Reads a chart's folder or archive. One that is not whole is refused. */
export async function readChart(path: string): Promise<Chart> {
  const files = await readChartFiles(path);
  const about = await parseYamlInput("chart", mustHave(files, path, "Chart.yaml"));
  const name = textAt(about, "name");
  const version = textAt(about, "version");
  if (name === undefined || version === undefined)
    throw new ConfigError(`Input "chart" must be a chart: Chart.yaml of "${path}" has no name and version`);
  const old = await parseYamlInput("chart", files.get("requirements.yaml")?.toString("utf8") ?? "");
  const missing = await missingDependencies(files, [
    ...listAt(about, "dependencies"),
    ...listAt(old, "dependencies"),
  ]);
  if (missing.length > 0)
    throw new ConfigError(
      `Input "chart" must have its dependencies with it: charts/ of "${path}" has no ${missing.join(", ")} (helm dependency build fetches them)`,
    );
  const definitions = [...files].filter(([file]) => /(^|\/)crds\/.+\.(ya?ml|json)$/.test(file));
  const documents = await Promise.all(
    definitions.map(([, content]) => parseManifest(content.toString("utf8"))),
  );
  return {
    path,
    title: `${name}-${version}`,
    defaults: await parseYamlInput("chart", files.get("values.yaml")?.toString("utf8") ?? ""),
    definitions: documents.flat(),
  };
}

function mustHave(files: ChartFiles, path: string, file: string): string {
  const content = files.get(file);
  if (content !== undefined) return content.toString("utf8");
  throw new ConfigError(`Input "chart" must be a chart: there is no ${file} in "${path}"`);
}

async function missingDependencies(
  files: ChartFiles,
  wanted: readonly unknown[],
): Promise<readonly string[]> {
  const charts = [...files].filter(([file]) => /^charts\/[^/]+\/Chart\.yaml$/.test(file));
  const names = await Promise.all(
    charts.map(async ([, text]) => textAt(await parseYamlInput("chart", text.toString("utf8")), "name")),
  );
  return wanted.flatMap((one) => textAt(one, "name") ?? []).filter((name) => !names.includes(name));
}

/** Refuses values files that cannot be read, before anything is asked or touched. */
export async function checkValuesFiles(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text === undefined)
      throw new ConfigError(`Input "values" must name files that can be read: got "${file}"`);
    await parseYamlInput("values", text);
  }
}

/** Values files in the order in which they win, and a digest of what they say. */
export interface ValuesFiles {
  readonly files: readonly string[];
  readonly digest: string;
}

/** A folder for values that may hold secrets: 0700, its files 0600. */
export interface ValuesFolder {
  readonly path: string;
  /** Adds a file with these values after the given ones, where they win over all of them. */
  add(name: string, under: readonly string[], values: Values): Promise<ValuesFiles>;
  /** Writes a file of its own. */
  write(name: string, text: string): Promise<string>;
  remove(): Promise<void>;
}

export async function valuesFolder(env: Readonly<Record<string, string | undefined>>): Promise<ValuesFolder> {
  const folder = await mkdtemp(join(env.RUNNER_TEMP ?? tmpdir(), "sluice-values-"));
  const write = async (name: string, text: string) => {
    const path = join(folder, `${name}.json`);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  return {
    path: folder,
    write,
    add: async (name, under, values) => {
      const text = JSON.stringify(values);
      const path = await write(name, text);
      const texts = await Promise.all(under.map((file) => readFile(file, "utf8")));
      return { files: [...under, path], digest: sha256Of([...texts, text].join("\n---\n")) };
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/**
 * Marks that stand for secret texts: the same text has the same mark, and only within one call of this, so that a mark
 * that is published cannot be guessed back.
 */
export function hideBy(salt: string = randomUUID()): (text: string) => string {
  return (text) => `(hidden, ${sha256Of(salt + text).slice(7, 19)})`;
}

/** A short digest of each object of a manifest by its label, so that a difference can be named later. */
export function objectDigests(objects: readonly ManifestObject[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    objects.map((one) => [labelOf(one), sha256Of(canonical(one.body)).slice("sha256:".length, 23)]),
  );
}

/** `sha256:` and the digest of a text. */
export function sha256Of(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}
