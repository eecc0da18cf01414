import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { endRuns, listRuns, removeStaleRuns } from "../../src/rehearsal/cluster/runs.ts";
import { cacheFolder } from "../../src/rehearsal/parts/cache.ts";
import type { Seen } from "./world/inside.ts";
import { leftBehind, lookAtMachine, type Machine } from "./world/machine.ts";

const isPossible = process.platform === "linux" && process.getuid?.() === 0;
if (!isPossible) console.log("The world needs root on Linux: its tests are skipped");

const outside = fileURLToPath(new URL("world/outside.ts", import.meta.url));

describe.skipIf(!isPossible)("startWorld()", () => {
  let folder = "";
  let before: Machine;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-seen-"));
    before = lookAtMachine();
  });
  afterAll(() => rm(folder, { recursive: true }));

  function start(...args: readonly string[]): ChildProcess {
    return spawn(process.execPath, [outside, ...args], { stdio: ["ignore", "inherit", "inherit"] });
  }

  function endOf(child: ChildProcess): Promise<number | null> {
    return new Promise((resolve) => child.once("exit", (code) => resolve(code)));
  }

  /** The world's id is part of its run folder's name. */
  async function idIn(file: string): Promise<string> {
    const { runFolder } = JSON.parse(await readFile(file, "utf8")) as { runFolder: string };
    return basename(runFolder).replace(/-[^-]*$/, "");
  }

  async function expectNothingLeft(file: string): Promise<void> {
    expect(leftBehind(before, await idIn(file))).toEqual([]);
  }

  async function waitForFile(file: string): Promise<void> {
    while (!existsSync(file)) await sleep(100);
  }

  test("brings up a cluster that serves, measures, stores and refuses, and leaves nothing behind", async () => {
    const file = join(folder, "seen.json");
    expect(await endOf(start("look", file))).toBe(0);
    const seen = JSON.parse(await readFile(file, "utf8")) as Seen;

    expect(seen.shares.stable).toBeGreaterThan(165);
    expect(seen.shares.candidate).toBeGreaterThan(5);
    expect(Object.keys(seen.shares).sort()).toEqual(["candidate", "stable"]);
    expect(seen.sharesAtZero).toEqual({ stable: 100 });
    expect(seen.registry).toEqual({ anonymous: 401, loggedIn: 200 });
    expect(seen.scraped).toHaveLength(2);
    expect(seen.scraped[0]).toMatchObject({
      namespace: "production",
      release: "web",
      pod: expect.any(String),
    });
    expect(seen.databases).toEqual({ staging: "staging@staging", production: "production@production" });
    expect(seen.podReachesDatabase).toBe(0);
    expect(seen.tokens).toEqual({
      deployerReads: 200,
      deployerWrites: 201,
      deployerElsewhere: 403,
      plannerReads: 200,
      plannerWrites: 403,
      stranger: 403,
      wrongAudience: 401,
      expired: 401,
    });
    expect(seen.broken).toMatch(/^prometheus was ended by SIGKILL/);
    await expectNothingLeft(file);
  });

  test("SIGTERM to the outer process ends the world and leaves nothing behind", async () => {
    const file = join(folder, "waiting.json");
    const child = start("wait", file);
    await waitForFile(file);
    child.kill("SIGTERM");
    expect(await endOf(child)).toBe(143);
    await expectNothingLeft(file);
  });

  test("SIGKILL of the outer process ends the world, and the next run removes what it left", async () => {
    const file = join(folder, "killed.json");
    const child = start("wait", file);
    await waitForFile(file);
    child.kill("SIGKILL");
    await endOf(child);
    const id = await idIn(file);
    await waitUntil(async () => !(await alive()).includes(id));
    await removeStaleRuns(cacheFolder());
    await expectNothingLeft(file);
  });

  test("a world that is kept outlives its starter, hands on the exit code, and ends when asked", async () => {
    const file = join(folder, "kept.json");
    expect(await endOf(start("keep", file))).toBe(7);
    const id = await idIn(file);
    expect(await alive()).toContain(id);
    expect(await endRuns(cacheFolder(), id)).toEqual([`ended ${id}`]);
    await expectNothingLeft(file);
  });
});

async function alive(): Promise<readonly string[]> {
  return (await listRuns(cacheFolder())).flatMap(({ record, isAlive }) => (isAlive ? [record.id] : []));
}

async function waitUntil(claim: () => Promise<boolean>): Promise<void> {
  while (!(await claim())) await sleep(100);
}
