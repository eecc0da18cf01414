import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
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

test("findTool() takes another version neither from PATH nor from a go install that lies", async () => {
  const other = program("other", "helm", "v4.2.9");
  // Stands for a toolchain: it leaves a program of another version than the one that was asked for.
  const go = program("go", "go", "");
  writeFileSync(
    go,
    '#!/bin/sh\nprintf "#!/bin/sh\\necho v4.1.0\\n" > "$GOBIN/helm"\nchmod 755 "$GOBIN/helm"\n',
  );
  const path = process.env.PATH;
  process.env.PATH = `${go.slice(0, go.lastIndexOf("/"))}:${path}`;
  process.env.RUNNER_TEMP = folder;
  try {
    await expect(find("helm", [other], "4.0.7")).rejects.toThrow(
      /^helm 4\.0\.7 was not found: \S+ is 4\.2\.9; \S+ is 4\.1\.0; install it on the runner \(downloads are known of 4\.2\.4, 3\.21\.4\)$/,
    );
  } finally {
    process.env.PATH = path;
  }
});

test("findTool() takes an exact version that a setup action has left in the tool cache", async () => {
  const cache = join(folder, "cache");
  const place = join(cache, "helm", "3.19.9", process.arch, "linux-amd64");
  mkdirSync(place, { recursive: true });
  writeFileSync(`${join(cache, "helm", "3.19.9", process.arch)}.complete`, "");
  const path = join(place, "helm");
  writeFileSync(path, "#!/bin/sh\necho v3.19.9\n");
  chmodSync(path, 0o755);
  process.env.RUNNER_TOOL_CACHE = cache;
  try {
    if (process.arch === "x64") expect(await find("helm", [], "3.19.9")).toBe(path);
  } finally {
    delete process.env.RUNNER_TOOL_CACHE;
  }
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
