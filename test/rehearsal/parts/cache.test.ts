import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cached, cacheFolder } from "../../../src/rehearsal/parts/cache.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-cache-"));
});
afterEach(() => rm(folder, { recursive: true }));

test.each([
  { name: "SLUICE_CACHE", env: { SLUICE_CACHE: "/a", XDG_CACHE_HOME: "/b" }, folder: "/a" },
  { name: "XDG_CACHE_HOME", env: { XDG_CACHE_HOME: "/b" }, folder: "/b/sluice" },
])("cacheFolder() follows $name", ({ env, folder }) => {
  expect(cacheFolder(env)).toBe(folder);
});

test("cached() fills a part once", async () => {
  let fills = 0;
  const fill = (temporary: string) => {
    fills += 1;
    return writeFile(temporary, "whole");
  };
  await cached(join(folder, "part"), fill);
  await cached(join(folder, "part"), fill);
  expect(fills).toBe(1);
});

test("cached() never shows half a part, and the next call begins anew", async () => {
  const path = join(folder, "part");
  const interrupted = cached(path, async (temporary) => {
    await writeFile(temporary, "ha");
    throw new Error("interrupted");
  });
  await expect(interrupted).rejects.toThrow("interrupted");
  expect(await readdir(folder)).not.toContain("part");

  await cached(path, (temporary) => writeFile(temporary, "whole", { flag: "wx" }));
  expect(await readFile(path, "utf8")).toBe("whole");
  expect(await readdir(folder)).toEqual(["part"]);
});

test("cached() removes what a process that is gone left half done, and nothing of one that lives", async () => {
  await writeFile(join(folder, "part.part-999999999"), "half");
  await writeFile(join(folder, `part.part-${process.ppid}`), "half");
  await cached(join(folder, "part"), (temporary) => writeFile(temporary, "whole"));
  expect((await readdir(folder)).sort()).toEqual(["part", `part.part-${process.ppid}`]);
});

test("cached() takes the part of a preparation that was quicker", async () => {
  const path = join(folder, "part");
  const made = await cached(path, async (temporary) => {
    await writeFile(temporary, "ours");
    await writeFile(path, "theirs");
  });
  expect(made).toBe(path);
});
