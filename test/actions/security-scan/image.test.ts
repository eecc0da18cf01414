import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listAt, textAt } from "../../../src/core/json.ts";
import { addImage, type BlobRegistry, startBlobRegistry } from "../../fakes/blob-registry.ts";
import { clean, run } from "./run-scan.ts";

let registry: BlobRegistry;
beforeAll(async () => {
  registry = await startBlobRegistry({ ranges: true });
});
afterAll(() => registry.close());

const zeros = `sha256:${"0".repeat(64)}`;
const imageInputs = (digest: string, more = {}) => ({
  scanners: "image",
  image: `${registry.host}/acme/web@${digest}`,
  ...more,
});
/** Lists the archive into a file beside the calls, so that a test sees what the scanner was given. */
const listsArchive = 'for last in "$@"; do :; done; tar -tf "$last" | sort > "$(dirname "$0")/../archive"';

test("security-scan pulls the image by digest and names it as its subject", async () => {
  const { digest } = addImage(registry, "a layer");
  const osv = { before: listsArchive, report: clean("/app/node_modules/ms/package.json") };
  const { runner, folder, evidence } = await run({ osv, inputs: imageInputs(digest) });
  expect(runner.outputs.verdict).toBe("pass");
  expect(textAt(evidence, "subject", "digest")).toBe(digest);
  expect(readFileSync(join(folder, "archive"), "utf8").trim().split("\n")).toHaveLength(3);
  expect(existsSync(join(folder, "gitleaks.calls"))).toBe(false);
});

test("security-scan scans every platform of an index and no attestation", async () => {
  const entry = (digest: string, architecture: string) => ({
    digest,
    size: 1,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    platform: { os: architecture === "unknown" ? "unknown" : "linux", architecture },
  });
  const manifests = [
    entry(addImage(registry, "amd64").digest, "amd64"),
    entry(addImage(registry, "arm64").digest, "arm64"),
    entry(`sha256:${"0".repeat(64)}`, "unknown"),
  ];
  const digest = registry.addManifest({ mediaType: "application/vnd.oci.image.index.v1+json", manifests });
  const osv = { report: clean("/app/node_modules/ms/package.json") };
  const { runner, evidence } = await run({ osv, inputs: imageInputs(digest) });
  expect(runner.outputs.verdict).toBe("pass");
  expect(listAt(evidence, "details", "scans").map((scan) => textAt(scan, "target")?.split(" ")[1])).toEqual([
    "(linux/amd64)",
    "(linux/arm64)",
  ]);
});

test("security-scan does not judge an image whose only package is the application itself", async () => {
  const { digest } = addImage(registry, "static");
  const { runner } = await run({ osv: { report: clean("/app/package.json") }, inputs: imageInputs(digest) });
  expect(runner.failure()).toContain("recognised no package");
});

test("security-scan refuses an image whose bytes are not those of its digest", async () => {
  const { digest, layer } = addImage(registry, "a layer that will change");
  registry.tamper(layer);
  const { runner, folder } = await run({ inputs: imageInputs(digest, { "on-inconclusive": "warn" }) });
  expect(runner.failure()).toMatch(/answered sha256:\w+ when asked for sha256:/);
  expect(existsSync(join(folder, "osv-scanner.calls"))).toBe(false);
});

test("security-scan refuses an image that is not there", async () => {
  const { runner } = await run({ inputs: imageInputs(zeros) });
  expect(runner.failure()).toContain(`has no image ${zeros}`);
});
