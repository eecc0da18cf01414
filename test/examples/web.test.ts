import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const folder = fileURLToPath(new URL("../../examples/web", import.meta.url));

test("the sample application passes its own tests", () => {
  const files = readdirSync(join(folder, "test")).map((name) => join("test", name));
  const ran = spawnSync(process.execPath, ["--test", ...files], { cwd: folder, encoding: "utf8" });
  expect(ran.status, ran.stdout).toBe(0);
  expect(ran.stdout).toMatch(/pass \d\d/);
}, 60_000);

test("the lockfile of the sample application names no registry host", () => {
  expect(readFileSync(join(folder, "package-lock.json"), "utf8")).not.toMatch(/"resolved"/);
});
