import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { removeControlGroups } from "./control-groups.ts";

/** One world on this machine: enough to end it and to remove what it left. */
export interface RunRecord {
  readonly id: string;
  readonly pid: number;
  /** When the process was started, so that a reused process id is never taken for ours. */
  readonly startTime: string;
  readonly runFolder: string;
  readonly addedControllers: readonly string[];
}

function recordFile(cache: string, id: string): string {
  return join(cache, "runs", `${id}.json`);
}

/** Notes a world, so that a later run can clean up after it. */
export async function rememberRun(cache: string, record: RunRecord): Promise<void> {
  await mkdir(join(cache, "runs"), { recursive: true });
  await writeFile(recordFile(cache, record.id), JSON.stringify(record));
}

/** Removes what a world that has ended left on the machine, and its note. */
export async function forgetRun(cache: string, record: RunRecord): Promise<void> {
  await removeControlGroups(record.id, record.addedControllers);
  await rm(record.runFolder, { recursive: true, force: true, maxRetries: 5 });
  await rm(recordFile(cache, record.id), { force: true });
}

/** Worlds noted on this machine, those that still run and those whose outer process was killed. */
export async function listRuns(cache: string): Promise<readonly { record: RunRecord; isAlive: boolean }[]> {
  const names = await readdir(join(cache, "runs")).catch(() => []);
  return Promise.all(
    names
      .filter((name) => name.endsWith(".json"))
      .map(async (name) => {
        const record = JSON.parse(await readFile(join(cache, "runs", name), "utf8")) as RunRecord;
        return { record, isAlive: (await startTimeOf(record.pid)) === record.startTime };
      }),
  );
}

/** Cleans up after worlds that have ended without doing it themselves. */
export async function removeStaleRuns(cache: string): Promise<void> {
  for (const { record, isAlive } of await listRuns(cache)) if (!isAlive) await forgetRun(cache, record);
}

/** Ends the worlds of this cache, or one of them, and removes what they left. Returns one sentence for each. */
export async function endRuns(cache: string, only?: string): Promise<readonly string[]> {
  const said: string[] = [];
  const runs = (await listRuns(cache)).filter(({ record }) => only === undefined || record.id === only);
  for (const { record, isAlive } of runs) {
    if (isAlive) {
      // The namespaces' first process is killed with it, and with that everything inside.
      process.kill(record.pid, "SIGKILL");
      while ((await startTimeOf(record.pid)) === record.startTime) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    await forgetRun(cache, record);
    said.push(`${isAlive ? "ended" : "cleaned up after"} ${record.id}`);
  }
  return said;
}

/** The start time of a process in the machine's clock ticks, undefined when there is none. */
export async function startTimeOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (stat === undefined) return undefined;
  // The name in parentheses may hold spaces: count from behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? undefined : fields[19];
}
