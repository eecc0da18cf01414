import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  endRuns,
  listRuns,
  type RunRecord,
  rememberRun,
  removeStaleRuns,
  startTimeOf,
} from "../../../src/rehearsal/cluster/runs.ts";

let cache = "";
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "sluice-runs-"));
});
afterEach(() => rm(cache, { recursive: true }));

async function remember(id: string, pid: number, startTime: string): Promise<RunRecord> {
  const runFolder = join(cache, "run-folders", id);
  await mkdir(runFolder, { recursive: true });
  const record = { id, pid, startTime, runFolder, addedControllers: [] };
  await rememberRun(cache, record);
  return record;
}

test.skipIf(process.platform !== "linux")(
  "removeStaleRuns() never takes a process that got an old process id for a world",
  async () => {
    const stale = await remember("sluice-world-test-stale", process.pid, "1");
    const living = await remember(
      "sluice-world-test-alive",
      process.pid,
      (await startTimeOf(process.pid)) ?? "",
    );
    await removeStaleRuns(cache);
    expect(existsSync(stale.runFolder)).toBe(false);
    expect(existsSync(living.runFolder)).toBe(true);
    expect((await listRuns(cache)).map(({ record }) => record.id)).toEqual([living.id]);
  },
);

test.skipIf(process.platform !== "linux")("endRuns() ends the one world it is asked for", async () => {
  const children = [spawn("sleep", ["60"]), spawn("sleep", ["60"])] as const;
  const [one, two] = children;
  const start = async (pid: number | undefined) => (await startTimeOf(pid ?? 0)) ?? "";
  await remember("sluice-world-test-one", one.pid ?? 0, await start(one.pid));
  await remember("sluice-world-test-two", two.pid ?? 0, await start(two.pid));
  expect(await endRuns(cache, "sluice-world-test-one")).toEqual(["ended sluice-world-test-one"]);
  expect((await listRuns(cache)).map(({ isAlive }) => isAlive)).toEqual([true]);
  two.kill("SIGKILL");
});
