import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Seen } from "./rollback/scene.ts";

const isPossible = process.platform === "linux" && process.getuid?.() === 0;
if (!isPossible) console.log("The world needs root on Linux: the rollback on a real cluster is skipped");

describe.skipIf(!isPossible)("rollback on a real cluster", () => {
  let folder = "";
  let seen: Seen;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-rollback-"));
    const file = join(folder, "seen.json");
    const outside = fileURLToPath(new URL("rollback/outside.ts", import.meta.url));
    const child = spawn(process.execPath, [outside, file], { stdio: ["ignore", "inherit", "inherit"] });
    expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(0);
    seen = JSON.parse(await readFile(file, "utf8")) as Seen;
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("sets weights that real responses confirm", () => {
    const steps = [0, 5, 50, 100, 95];
    expect(seen.weights).toEqual(steps.map((percent) => ({ percent, decision: "confirmed", read: percent })));
  });

  test("brings a promotion home whose Helm was killed half-way", () => {
    expect(seen.locked).toBe("pending-upgrade");
    expect(seen.recovered).toMatchObject({ verdict: "pass" });
    expect(seen.weightAfter).toBe(0);
    expect(seen.candidate).toBe("gone");
    expect(seen.history).toEqual(["1 superseded", "2 pending-upgrade", "3 deployed"]);
    expect(seen.records).toEqual(["rollback good 3", "canary rolled-back -", "rolling good 1"]);
    expect(seen.hasRollout).toBe(false);
    expect(seen.servesAfter).toEqual(["stable 1"]);
  });

  test("loses no request on the way", () => {
    expect(seen.traffic.total).toBeGreaterThan(300);
    expect(seen.traffic.lostBy).toEqual({});
  });
});
