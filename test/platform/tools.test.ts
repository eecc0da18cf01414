import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { shell } from "../../src/platform/shell.ts";
import { lockedTools } from "../../src/platform/tool-lock.ts";
import { findTool } from "../../src/platform/tools.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-tools-"));
});

function program(place: string, name: string, says: string): string {
  const path = join(mkdtempSync(join(folder, `${place}-`)), name);
  writeFileSync(path, `#!/bin/sh\necho '${says}'\n`);
  chmodSync(path, 0o755);
  return path;
}

function find(name: string, paths: readonly string[], version?: string) {
  const env = { PATH: paths.map((path) => path.slice(0, path.lastIndexOf("/"))).join(":") };
  const request = { runner: { env, info: () => undefined }, shell };
  return findTool(name, version === undefined ? request : { ...request, version });
}

test("findTool() takes the first on PATH whose version fits, and passes one that is too old", async () => {
  const old = program("old", "helm", "v3.1.0+gabc");
  const good = program("good", "helm", "v4.2.1+gabc");
  expect(await find("helm", [old, good])).toBe(good);
});

test("findTool() takes exactly the version that is asked", async () => {
  const newer = program("newer", "helm", "v4.2.9");
  const exact = program("exact", "helm", "v4.2.4");
  expect(await find("helm", [newer, exact], "4.2.4")).toBe(exact);
});

test("findTool() says what it tried when a tool is nowhere", async () => {
  await expect(find("buildah", [])).rejects.toThrow("buildah was not found: install it on the runner");
});

test("every download in tools.lock.json has a digest, and only Linux is named", () => {
  for (const tool of lockedTools) {
    for (const [platform, { sha256, url }] of Object.entries(tool.platforms)) {
      expect(platform).toMatch(/^linux-(x64|arm64)$/);
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(url).toMatch(/^https:/);
    }
  }
});
