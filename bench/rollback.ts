import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runInside } from "../src/rehearsal/cluster/enter.ts";
import { cacheFolder } from "../src/rehearsal/parts/cache.ts";
import { prepare } from "../src/rehearsal/parts/prepare.ts";

/**
 * Seconds and lost requests of a rollback by strategy, under at least 10,000 requests through the gateway, beside
 * `helm rollback --wait` of the same chart in the same world.
 */
export async function rollback(): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-bench-"));
  try {
    const file = join(folder, "result.json");
    const parts = await prepare((line) => console.error(line));
    const script = fileURLToPath(new URL("rollback-inside.ts", import.meta.url));
    const { exitCode } = await runInside({ script, args: [file], parts, cache: cacheFolder() });
    if (exitCode !== 0) throw new Error(`The bench inside the world exited with ${exitCode}`);
    return JSON.parse(await readFile(file, "utf8"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
