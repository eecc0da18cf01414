import { readFile } from "node:fs/promises";
import { ConfigError, OutsideError } from "../core/errors.ts";

/** The value of a YAML document given as an input. The parser is loaded when first needed: it is slow to start. */
export async function parseYamlInput(input: string, text: string): Promise<unknown> {
  const { parseDocument } = await import("yaml");
  const document = parseDocument(text, { prettyErrors: true });
  const first = document.errors[0];
  if (first === undefined) return document.toJS();
  throw new ConfigError(`Input "${input}" must be YAML: ${first.message.split("\n")[0]}`);
}

/** The value of a YAML file that an input named. */
export async function readYamlFile(input: string, path: string): Promise<unknown> {
  return parseYamlInput(input, await readFile(path, "utf8"));
}

/** The documents of a rendered manifest; empty ones are left out. */
export async function parseManifest(text: string): Promise<readonly unknown[]> {
  const { parseAllDocuments } = await import("yaml");
  const documents = parseAllDocuments(text, { logLevel: "error" });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    const first = document.errors[0];
    if (first !== undefined)
      throw new OutsideError(`The rendered chart is not YAML: ${first.message.split("\n")[0]}`);
    const value: unknown = document.toJS();
    return value === null || value === undefined ? [] : [value];
  });
}
