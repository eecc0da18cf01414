import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { promisify } from "node:util";
import { cacheFolder } from "../parts/cache.ts";
import { endRuns } from "./runs.ts";

/** Ends kept worlds, removes what they left and the cache of parts, and says each in one line. */
export async function cleanUp(
  say: (line: string) => void = console.log,
  cache: string = cacheFolder(),
): Promise<void> {
  for (const sentence of await endRuns(cache)) say(sentence);
  await rm(cache, { recursive: true, force: true });
  say(`removed ${cache}`);
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
