import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CaseResult, chosenCases } from "./delivery/play.ts";

const isPossible = process.platform === "linux" && process.getuid?.() === 0;
if (!isPossible) console.log("The world needs root on Linux: delivery on a real cluster is skipped");
const isShort = process.env.SLUICE_DELIVERY === "short";

describe.skipIf(!isPossible)("delivery on a real cluster", () => {
  let folder = "";
  let results: readonly CaseResult[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-delivery-"));
    const file = join(folder, "results.json");
    const outside = fileURLToPath(new URL("delivery/outside.ts", import.meta.url));
    const args = [outside, "--results", file, ...(isShort ? ["--short"] : [])];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
    // What the cases say is judged one by one below.
    await new Promise((resolve) => child.once("exit", resolve));
    results = JSON.parse(await readFile(file, "utf8")) as readonly CaseResult[];
  }, 90 * 60_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(chosenCases({ only: [], isShort }).map(({ name }) => name))("%s", (name) => {
    const found = results.find((one) => one.name === name);
    expect(found).toMatchObject({ name });
    expect(found?.problem).toBeUndefined();
  });
});
