import { readFile } from "node:fs/promises";
import { ConfigError, messageOf } from "../core/errors.ts";
import type { Traffic } from "../domain/traffic/traffic.ts";
import type { InputReader } from "./github-runner.ts";

/** The traffic format as it was given: from the workflow itself, or from the file that the input names. Empty means none. */
export async function readTrafficText(inputs: InputReader, name: "traffic"): Promise<string> {
  const given = inputs.get(name);
  if (given === "" || /[\n{]|:\s/.test(given)) return given;
  try {
    return await readFile(given, "utf8");
  } catch (error) {
    throw new ConfigError(`Input "${name}" must be YAML or the path of a file: ${messageOf(error)}`);
  }
}

/** The traffic that the input describes, or undefined where none is given. */
export async function readTraffic(inputs: InputReader, name: "traffic"): Promise<Traffic | undefined> {
  return toTraffic(await readTrafficText(inputs, name));
}

/** Traffic from YAML text. The parser is loaded only where there is something to parse. */
export async function toTraffic(text: string): Promise<Traffic | undefined> {
  if (text.trim() === "") return undefined;
  const { parseTraffic } = await import("../domain/traffic/parse.ts");
  return parseTraffic(text);
}
