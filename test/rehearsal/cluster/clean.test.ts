import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cleanUp } from "../../../src/rehearsal/cluster/clean.ts";
import { cacheEntries } from "../../../src/rehearsal/parts/cache.ts";

test("cleanUp() removes the rehearsal's own parts and nothing else from the cache folder", async () => {
  const cache = await mkdtemp(join(tmpdir(), "sluice-clean-"));
  for (const name of [...cacheEntries, "photos"]) await mkdir(join(cache, name));
  await writeFile(join(cache, "tools", "helm"), "");
  const said: string[] = [];
  await cleanUp((line) => said.push(line), cache);
  expect(await readdir(cache)).toEqual(["photos"]);
  expect(said[0]).toBe(`removed the parts in ${cache}`);
  await rm(cache, { recursive: true });
});
