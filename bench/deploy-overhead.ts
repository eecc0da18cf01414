import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runInside } from "../src/rehearsal/cluster/enter.ts";
import { cacheFolder } from "../src/rehearsal/parts/cache.ts";
import { prepare } from "../src/rehearsal/parts/prepare.ts";
import type { Pair } from "./deploy-overhead-inside.ts";

/**
 * Wall time of helm-deploy, phase deploy, over `helm upgrade --install --wait` of the same chart with the same change,
 * in one world and in turns. Root on Linux is needed: it starts a cluster.
 */
export async function deployOverhead() {
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  try {
    const file = join(folder, "pairs.json");
    const script = fileURLToPath(new URL("deploy-overhead-inside.ts", import.meta.url));
    const parts = await prepare((line) => console.error(line));
    const { exitCode } = await runInside({ script, args: [file], parts, cache: cacheFolder() });
    if (exitCode !== 0) throw new Error(`The measurement ended with ${exitCode}`);
    const pairs = JSON.parse(readFileSync(file, "utf8")) as readonly Pair[];
    const own = summarise(pairs.map(({ sluice, helm }) => sluice - helm));
    const bar = { seconds: 1.5, rule: "median of the differences", peer: "helm upgrade --install --wait" };
    const rows = [
      { what: "helm upgrade --install --wait", ...summarise(pairs.map(({ helm }) => helm)) },
      { what: "helm-deploy, phase deploy", ...summarise(pairs.map(({ sluice }) => sluice)) },
      { what: "helm-deploy's own", ...own },
    ];
    const isWithin = own.median <= bar.seconds;
    const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length };
    return { bench: "deploy-overhead", pairs: pairs.length, ...machine, bar, isWithin, rows };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function summarise(seconds: readonly number[]) {
  const sorted = seconds.toSorted((a, b) => a - b);
  const at = (index: number) => Math.round((sorted[index] ?? Number.NaN) * 100) / 100;
  return { median: at(Math.floor(sorted.length / 2)), least: at(0), most: at(sorted.length - 1) };
}
