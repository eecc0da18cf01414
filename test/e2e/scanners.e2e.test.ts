import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readInputs } from "../../src/actions/security-scan/inputs.ts";
import { securityScan } from "../../src/actions/security-scan/run.ts";
import { runAction } from "../../src/platform/action.ts";
import { systemClock } from "../../src/platform/clock.ts";
import type { GithubApi } from "../../src/platform/github-api.ts";
import { http } from "../../src/platform/http.ts";
import { writeDatabase } from "../../src/rehearsal/vulnerability-database.ts";
import { type BlobRegistry, startBlobRegistry } from "../fakes/blob-registry.ts";
import { type FakeRunner, fakeRunner } from "../fakes/fake-runner.ts";

/** The real scanners, which npm does not bring: found on PATH, or the tests are skipped. */
const missing = ["gitleaks", "osv-scanner"].filter(
  (name) => spawnSync(name, ["--version"]).error !== undefined,
);
const onRealScanners = test.skipIf(missing.length > 0);
if (missing.length > 0) console.log(`skipped: ${missing.join(" and ")} not on PATH`);

const lockfile = (name: string, version: string) =>
  JSON.stringify({
    name: "web",
    lockfileVersion: 3,
    packages: { "": { name: "web" }, [`node_modules/${name}`]: { version } },
  });
const token = () =>
  `ghp_${Array.from({ length: 36 }, () => Math.floor(Math.random() * 36).toString(36)).join("")}`;

let registry: BlobRegistry;
const database = mkdtempSync(join(tmpdir(), "sluice-database-"));
beforeAll(async () => {
  registry = await startBlobRegistry({ ranges: true });
  await writeDatabase(database);
});
afterAll(() => registry.close());

async function scan(files: Readonly<Record<string, string>>, inputs: Readonly<Record<string, string>>) {
  const workspace = mkdtempSync(join(tmpdir(), "sluice-source-"));
  for (const [path, text] of Object.entries(files)) writeFileSync(join(workspace, path), text);
  const given = fakeRunner("security-scan", { database, "max-db-age": "36500d", ...inputs });
  const runner: FakeRunner = { ...given, env: { ...given.env, GITHUB_WORKSPACE: workspace } };
  const ports = { http, clock: systemClock, github: {} as GithubApi };
  await runAction("security-scan", runner, (context) => securityScan(readInputs(runner), context, ports));
  return runner;
}

onRealScanners("gitleaks finds a token although the repository tells it not to look", async () => {
  const files = {
    "config.js": `// first\nexport const token = "${token()}";\n`,
    ".gitleaks.toml": "[extend]\nuseDefault = true\n[allowlist]\npaths = ['''.*''']\n",
    ".gitleaksignore": "config.js:github-pat:2\n",
  };
  const runner = await scan(files, { scanners: "secrets" });
  expect(runner.failure()).toContain("secrets: 1 high, allowed 0: github-pat in config.js:2");
});

onRealScanners("gitleaks lets a clean folder pass and a line that allows itself, counted", async () => {
  const files = { "config.js": `const token = "${token()}"; // gitleaks:allow\n` };
  const runner = await scan(files, { scanners: "secrets" });
  expect(runner.outputs.verdict).toBe("pass");
  expect(runner.summaries.join()).toContain("1 allowed by a comment");
});

onRealScanners("osv-scanner finds a vulnerable package although the repository ignores it", async () => {
  const files = {
    "package-lock.json": lockfile("minimist", "1.2.5"),
    "osv-scanner.toml": '[[IgnoredVulns]]\nid = "GHSA-xvch-5gv4-984h"\nreason = "no"\n',
    ".gitignore": "package-lock.json\n",
  };
  const runner = await scan(files, { scanners: "dependencies" });
  expect(runner.failure()).toContain(
    "1 critical, allowed 0: GHSA-xvch-5gv4-984h in minimist 1.2.5, fixed in 1.2.6",
  );
});

onRealScanners.each([
  { name: "a fixed version", files: { "package-lock.json": lockfile("minimist", "1.2.8") }, verdict: "pass" },
  { name: "no lockfile", files: { "main.js": "" }, verdict: "inconclusive" },
  { name: "half a lockfile", files: { "package-lock.json": '{"name":' }, verdict: "inconclusive" },
  {
    name: "an ecosystem without records",
    files: { "requirements.txt": "requests==2.0.0\n" },
    verdict: "inconclusive",
  },
])("osv-scanner on $name: $verdict", async ({ files, verdict }) => {
  const runner = await scan(files as unknown as Readonly<Record<string, string>>, {
    scanners: "dependencies",
  });
  expect(runner.outputs.verdict).toBe(verdict);
});

function addImage(packages: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-layer-"));
  mkdirSync(join(folder, "app"));
  for (const [name, version] of Object.entries(packages)) {
    mkdirSync(join(folder, "app", "node_modules", name), { recursive: true });
    writeFileSync(
      join(folder, "app", "node_modules", name, "package.json"),
      JSON.stringify({ name, version }),
    );
  }
  const archive = join(folder, "layer.tar.gz");
  spawnSync("tar", ["--create", "--gzip", "--file", archive, "--directory", folder, "app"]);
  const diff = spawnSync("sh", ["-c", `gzip -dc ${archive} | sha256sum`])
    .stdout.toString()
    .slice(0, 64);
  const rootfs = { type: "layers", diff_ids: [`sha256:${diff}`] };
  const config = registry.addBlob(
    Buffer.from(JSON.stringify({ os: "linux", architecture: "amd64", rootfs })),
  );
  const layer = registry.addBlob(readFileSync(archive));
  return registry.addManifest({
    config: { ...config, mediaType: "application/vnd.oci.image.config.v1+json" },
    layers: [{ ...layer, mediaType: "application/vnd.oci.image.layer.v1.tar+gzip" }],
  });
}

onRealScanners.each([
  { packages: { minimist: "1.2.5", ms: "2.1.3" }, verdict: "fail" },
  { packages: { minimist: "1.2.8", ms: "2.1.3" }, verdict: "pass" },
  { packages: {}, verdict: "inconclusive" },
])("osv-scanner on an image with $packages pulled by digest: $verdict", async ({ packages, verdict }) => {
  const digest = addImage(packages as Readonly<Record<string, string>>);
  const runner = await scan({}, { scanners: "image", image: `${registry.host}/acme/web@${digest}` });
  expect(runner.outputs.verdict).toBe(verdict);
});
