import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import tools from "../../tools.lock.json" with { type: "json" };
import type { Row } from "./delivery/kill-sweep/lane.ts";
import { lanes } from "./delivery/kill-sweep/points.ts";
import { sweepTable } from "./delivery/kill-sweep/table.ts";
import type { CaseResult } from "./delivery/play.ts";

const isPossible = process.platform === "linux" && process.getuid?.() === 0;
if (!isPossible) console.log("The world needs root on Linux: the kill sweep is skipped");
const beside = (name: string) => fileURLToPath(new URL(name, import.meta.url));

describe.skipIf(!isPossible)("kill sweep", () => {
  let folder = "";
  let results: readonly CaseResult[] = [];
  let rows: readonly Row[] = [];

  beforeAll(async () => {
    const begun = Date.now();
    folder = await mkdtemp(join(tmpdir(), "sluice-sweep-"));
    const file = join(folder, "results.json");
    const rowsFile = join(folder, "rows.jsonl");
    await writeFile(rowsFile, "");
    const only = lanes.map(({ name }) => name).join(",");
    const args = [beside("delivery/outside.ts"), "--results", file, "--at-once", "4", "--only", only];
    const env = { ...process.env, SLUICE_SWEEP_ROWS: rowsFile };
    const child = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"], env });
    await new Promise((resolve) => child.once("exit", resolve));
    results = JSON.parse(await readFile(file, "utf8")) as readonly CaseResult[];
    const lines = (await readFile(rowsFile, "utf8")).split("\n").filter((line) => line !== "");
    const order = lanes.map(({ name }) => name);
    rows = lines
      .map((line) => JSON.parse(line) as Row)
      .toSorted((a, b) => order.indexOf(a.lane) - order.indexOf(b.lane));
    await writeTable(rows, Math.round((Date.now() - begun) / 60_000));
  }, 150 * 60_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(lanes.map(({ name }) => name))("%s ends in a right state wherever it is killed", (name) => {
    expect(results.find((one) => one.name === name)?.problem).toBeUndefined();
  });

  test("at least 60 actions were killed on their way", () => {
    expect(rows.filter(({ isKilled }) => isKilled).length).toBeGreaterThanOrEqual(60);
  });
});

async function writeTable(rows: readonly Row[], minutes: number): Promise<void> {
  const date = new Date().toISOString().slice(0, 10);
  const machine = {
    date,
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    helm: tools.tools.find(({ name }) => name === "helm")?.version ?? "unknown",
    kubernetes: await kubernetesVersion(),
    minutes,
  };
  await mkdir(beside("../../bench/results"), { recursive: true });
  await writeFile(beside(`../../bench/results/kill-sweep-${date}.md`), sweepTable(rows, machine));
}

async function kubernetesVersion(): Promise<string> {
  const modules = await readFile(beside("../../src/rehearsal/go/kubernetes/go.mod"), "utf8");
  return /k8s\.io\/kubernetes v(\S+)/.exec(modules)?.[1] ?? "unknown";
}
