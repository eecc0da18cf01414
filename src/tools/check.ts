import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, root } from "./build.ts";
import { run } from "./run.ts";

/** Checks what is generated and what is typed. Writes nothing; each failure names the command that mends it. */
const checks: readonly (readonly [name: string, check: () => Promise<void>])[] = [
  ["types", () => run("node_modules/.bin/tsc", ["--noEmit", "-p", "."])],
  [
    "lint and format (npm run fix)",
    () => run("node_modules/.bin/biome", ["check", "--error-on-warnings", "."]),
  ],
  ["documents (npm run docs)", () => run("node", ["src/tools/docs.ts", "--check"])],
  ["schemas (npm run fix)", () => run("node", ["src/tools/schemas.ts", "--check"])],
  ["contracts (npm test shows them alone)", () => run("node_modules/.bin/vitest", ["run", "test/contract"])],
  ["dist (npm run build)", sameDist],
];

/** Rebuilds the bundle elsewhere and compares every byte. */
async function sameDist(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-check-"));
  try {
    const rebuilt = join(folder, "dist");
    await build(rebuilt);
    const committed = join(root, "dist");
    const names = new Set([...(await readdir(rebuilt)), ...(await readdir(committed))]);
    const differing: string[] = [];
    for (const name of names) {
      const [a, b] = await Promise.all([bytes(join(rebuilt, name)), bytes(join(committed, name))]);
      if (a === undefined || b === undefined || !a.equals(b)) differing.push(name);
    }
    if (differing.length > 0) throw new Error(`dist differs from a rebuild in ${differing.join(", ")}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function bytes(path: string): Promise<Buffer | undefined> {
  return readFile(path).catch(() => undefined);
}

let failed = 0;
for (const [name, check] of checks) {
  const started = Date.now();
  try {
    await check();
    console.log(`✓ ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed += 1;
    console.error(`✗ ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
console.log(`Check: ${checks.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
