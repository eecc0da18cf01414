import { execFile } from "node:child_process";
import { rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheEntries, cacheFolder } from "../parts/cache.ts";
import { endRuns } from "./runs.ts";

/** Ends kept worlds, removes what they left and the cache of parts, and says each in one line. */
export async function cleanUp(
  say: (line: string) => void = console.log,
  cache: string = cacheFolder(),
): Promise<void> {
  for (const sentence of await endRuns(cache)) say(sentence);
  // Only what is ours: somebody may have named a folder with other things in it.
  for (const name of cacheEntries) await rm(join(cache, name), { recursive: true, force: true });
  await rmdir(cache).catch(() => undefined);
  say(`removed the parts in ${cache}`);
  say(`Go keeps its own caches for every project: ${await describeGoCaches()}`);
}

async function describeGoCaches(): Promise<string> {
  const ask = promisify(execFile)("go", ["env", "GOCACHE", "GOMODCACHE"]);
  const folders = await ask.then(
    ({ stdout }) => stdout.trim().split("\n"),
    () => [],
  );
  if (folders.length === 0) return "there is no Go here";
  return `${folders.join(" and ")}; go clean -cache -modcache removes them`;
}
