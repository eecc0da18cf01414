import { createHash } from "node:crypto";
import { chmod, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, OutsideError } from "../../core/errors.ts";
import type { LockedTool } from "../../platform/tool-lock.ts";
import { type Preparation, run } from "./context.ts";
import { formatBytes, told } from "./progress.ts";

const connectMs = 15_000;

/**
 * Fetches a release of a tool and writes the program to `target`. What does not have the locked digest is refused;
 * what cannot be reached is undefined, so that another way is tried.
 */
export async function downloadTool(
  preparation: Preparation,
  tool: LockedTool,
  target: string,
): Promise<"done" | undefined> {
  const download = tool.platforms[`linux-${process.arch}`];
  if (download === undefined) return undefined;
  const response = await reach(preparation, download.url);
  if (response === undefined) return undefined;
  const { hostname } = new URL(download.url);
  return told(
    preparation.progress,
    `${tool.name} ${tool.version}: downloading from ${hostname}`,
    async () => {
      const bytes = Buffer.from(await response.arrayBuffer());
      const got = createHash("sha256").update(bytes).digest("hex");
      if (got !== download.sha256) {
        throw new OutsideError(
          `The download of ${tool.name} ${tool.version} has SHA-256 ${got}, wanted ${download.sha256}: ${download.url}`,
        );
      }
      await unpack(preparation, { bytes, path: download.path, target });
      return { result: "done", ends: `${tool.name} ${tool.version}: ${formatBytes(bytes.length)}` } as const;
    },
  );
}

async function reach(preparation: Preparation, url: string): Promise<Response | undefined> {
  try {
    const response = await withTimeToConnect(preparation, url);
    if (response.ok) return response;
    preparation.progress(`${url} answered ${response.status}: trying another way`);
  } catch (error) {
    if (preparation.signal.aborted) throw error;
    const cause =
      error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
    preparation.progress(`${new URL(url).hostname} cannot be reached (${cause}): trying another way`);
  }
  return undefined;
}

/** The limit is for the first byte only; a slow line may take its time. */
async function withTimeToConnect(preparation: Preparation, url: string): Promise<Response> {
  const connecting = new AbortController();
  const timer = setTimeout(() => connecting.abort(new Error("no answer in time")), connectMs);
  try {
    return await preparation.fetch(url, { signal: AbortSignal.any([connecting.signal, preparation.signal]) });
  } finally {
    clearTimeout(timer);
  }
}

interface Packed {
  readonly bytes: Buffer;
  readonly path: string | undefined;
  readonly target: string;
}

async function unpack(preparation: Preparation, { bytes, path, target }: Packed): Promise<void> {
  if (path === undefined) {
    await writeFile(target, bytes);
  } else {
    const folder = `${target}.unpacked`;
    await mkdir(folder, { recursive: true });
    const archive = join(folder, "archive.tar.gz");
    await writeFile(archive, bytes);
    await run(preparation, "tar", ["-xzf", archive, "-C", folder, path]);
    await rename(join(folder, path), target);
    await rm(folder, { recursive: true });
  }
  await chmod(target, 0o755);
}
