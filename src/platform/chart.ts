import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "../core/errors.ts";
import { textAt } from "../core/json.ts";
import type { Values } from "../domain/release/image-values.ts";
import { parseYamlInput } from "./yaml.ts";

/** A chart as its folder tells it. */
export interface Chart {
  readonly folder: string;
  /** Name and version, such as `web-0.1.0`. */
  readonly title: string;
  /** The values of the chart itself, before any of ours. */
  readonly defaults: unknown;
}

/** Reads the chart of a folder; a folder without one is refused. */
export async function readChart(folder: string): Promise<Chart> {
  const about = await parseYamlInput("chart", await readIn(folder, "Chart.yaml"));
  const name = textAt(about, "name");
  const version = textAt(about, "version");
  if (name === undefined || version === undefined)
    throw new ConfigError(
      `Input "chart" must be the folder of a chart: ${folder}/Chart.yaml has no name and version`,
    );
  const values = await readFile(join(folder, "values.yaml"), "utf8").catch(() => "");
  return { folder, title: `${name}-${version}`, defaults: await parseYamlInput("chart", values) };
}

async function readIn(folder: string, file: string): Promise<string> {
  try {
    return await readFile(join(folder, file), "utf8");
  } catch {
    throw new ConfigError(`Input "chart" must be the folder of a chart: there is no ${file} in "${folder}"`);
  }
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
  /** Adds a file with these values after the given ones, where they win over all of them. */
  add(name: string, under: readonly string[], values: Values): Promise<ValuesFiles>;
  remove(): Promise<void>;
}

export async function valuesFolder(env: Readonly<Record<string, string | undefined>>): Promise<ValuesFolder> {
  const folder = await mkdtemp(join(env.RUNNER_TEMP ?? tmpdir(), "sluice-values-"));
  return {
    add: async (name, under, values) => {
      const path = join(folder, `${name}.json`);
      const text = JSON.stringify(values);
      await writeFile(path, text, { mode: 0o600 });
      const texts = await Promise.all(under.map((file) => readFile(file, "utf8")));
      return { files: [...under, path], digest: sha256Of([...texts, text].join("\n---\n")) };
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** `sha256:` and the digest of a text. */
export function sha256Of(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}
