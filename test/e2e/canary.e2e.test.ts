import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canaryVerdictCases } from "./canary/cases.ts";
import type { CaseResult } from "./delivery/play.ts";

const isPossible = process.platform === "linux" && process.getuid?.() === 0;
if (!isPossible) console.log("The world needs root on Linux: canaries under real traffic are skipped");
const names = canaryVerdictCases.map(({ name }) => name);

describe.skipIf(!isPossible)("canaries under real traffic", () => {
  let folder = "";
  let results: readonly CaseResult[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-canary-"));
    const file = join(folder, "results.json");
    const outside = fileURLToPath(new URL("delivery/outside.ts", import.meta.url));
    const args = [outside, "--results", file, "--only", names.join(",")];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
    // What the cases say is judged one by one below.
    await new Promise((resolve) => child.once("exit", resolve));
    results = JSON.parse(await readFile(file, "utf8")) as readonly CaseResult[];
  }, 40 * 60_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(names)("%s", (name) => {
    const found = results.find((one) => one.name === name);
    expect(found).toMatchObject({ name });
    expect(found?.problem).toBeUndefined();
  });
});
