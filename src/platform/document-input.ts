import { mkdir, open, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { ConfigError, messageOf } from "../core/errors.ts";

/** The text of an input that is either a document itself or the path of one. */
export interface DocumentInput {
  readonly input: string;
  /** Undefined when the document stands in the workflow itself. */
  readonly file?: string;
  readonly text: string;
}

/** Reads an input that holds YAML or JSON itself, or names a file. A list or mapping in it is recognised by its form. */
export async function readDocument(input: string, given: string): Promise<DocumentInput> {
  if (/\n|^[-[{]\s|^[[{]/.test(given)) return { input, text: given };
  try {
    return { input, file: given, text: await readFile(given, "utf8") };
  } catch (error) {
    throw new ConfigError(`Input "${input}" must name a file that can be read: ${messageOf(error)}`);
  }
}

/** Refuses a path that cannot be written, before the work whose result would be lost. */
export async function checkWritable(input: string, path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await (await open(path, "a")).close();
  } catch (error) {
    throw new ConfigError(`Input "${input}" must name a file that can be written: ${messageOf(error)}`);
  }
}

/** Writes a file whose path was checked before. */
export async function writeText(path: string, text: string): Promise<void> {
  await writeFile(path, text);
}
