import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError } from "../core/errors.ts";

/** The folder sent to the builder and the text of the file that says how. */
export interface BuildSource {
  readonly context: string;
  readonly file: string;
  readonly text: string;
}

const usualNames = ["Dockerfile", "Containerfile"] as const;

/** Makes sure that there is something to build. Without `file`, the context's Dockerfile or Containerfile is taken. */
export async function findBuildSource(context: string, file: string | undefined): Promise<BuildSource> {
  if ((await kindOf(context)) !== "folder") {
    throw new ConfigError(`Input "context" must be a folder: got "${context}"`);
  }
  if (file !== undefined) {
    if ((await kindOf(file)) === "file") return { context, file, text: await readFile(file, "utf8") };
    throw new ConfigError(
      `Input "file" must be a Dockerfile, seen from the working directory: got "${file}"`,
    );
  }
  for (const name of usualNames) {
    const path = join(context, name);
    if ((await kindOf(path)) === "file") return { context, file: path, text: await readFile(path, "utf8") };
  }
  throw new ConfigError(
    `Input "context" must hold a Dockerfile or "file" must name one: "${context}" has none`,
  );
}

async function kindOf(path: string): Promise<"file" | "folder" | undefined> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return "folder";
    return found.isFile() ? "file" : undefined;
  } catch {
    return undefined;
  }
}
