import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeLayout } from "../../../src/rehearsal/parts/image-layout.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-layout-"));
  await mkdir(join(folder, "root"));
  await writeFile(join(folder, "root", "hello"), "hello\n");
});
afterEach(() => rm(folder, { recursive: true }));

function digest(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function blob(layout: string, name: string): Promise<Buffer> {
  return readFile(join(layout, "blobs", ...name.split(":")));
}

test("writeLayout() names every blob by its digest, from the index down to the layer's content", async () => {
  const layout = join(folder, "layout");
  await writeLayout(layout, join(folder, "root"), { env: ["A=b"], command: ["/hello"] });
  const index = JSON.parse(await readFile(join(layout, "index.json"), "utf8"));
  const manifestBytes = await blob(layout, index.manifests[0].digest);
  expect(digest(manifestBytes)).toBe(index.manifests[0].digest);
  const manifest = JSON.parse(manifestBytes.toString());
  const config = JSON.parse((await blob(layout, manifest.config.digest)).toString());
  expect(config.config).toEqual({ Env: ["A=b"], Cmd: ["/hello"] });
  const layer = await blob(layout, manifest.layers[0].digest);
  expect(layer.length).toBe(manifest.layers[0].size);
  expect(digest(gunzipSync(layer))).toBe(config.rootfs.diff_ids[0]);
});

test("writeLayout() makes the same image of the same files", async () => {
  const one = join(folder, "one");
  const two = join(folder, "two");
  await writeLayout(one, join(folder, "root"), { env: [], command: [] });
  await writeFile(join(folder, "root", "hello"), "hello\n");
  await writeLayout(two, join(folder, "root"), { env: [], command: [] });
  expect(await readFile(join(two, "index.json"), "utf8")).toBe(
    await readFile(join(one, "index.json"), "utf8"),
  );
});
