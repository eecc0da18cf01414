import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";

const root = new URL("../", import.meta.url).pathname;
const runs = 15;

interface Row {
  readonly what: string;
  /** User and system time of the process in milliseconds: median of the runs. */
  readonly cpuMs: number;
  readonly leastCpuMs: number;
  readonly timesBareNode: number;
}

/**
 * CPU time of each action to its first input error, beside bare Node. Each action is started once before, as the first
 * Sluice step of a job fills the compile cache under RUNNER_TEMP; `first` rows start with an empty cache.
 */
export async function startup() {
  const temp = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  try {
    const bare = measure(["-e", "0"], temp);
    const rows: Row[] = [row("bare node", bare, bare.median)];
    for (const action of readdirSync(join(root, "actions"))) {
      const stub = join(root, "dist", `${action}.mjs`);
      measureOnce([stub], temp);
      rows.push(row(action, measure([stub], temp), bare.median));
    }
    const first = measureEmptyCache(join(root, "dist", "smoke-test.mjs"));
    rows.push(row("smoke-test, first step of a job", first, bare.median));
    const bar = {
      cpuMs: 80,
      timesBareNode: 2.4,
      rule: "whichever is larger",
      peer: "105 ms, 344 ms for build-push-action",
    };
    return { bench: "startup", runs, node: process.version, cpu: cpus()[0]?.model, bar, rows };
  } finally {
    rmSync(temp, { recursive: true });
  }
}

function measureEmptyCache(stub: string) {
  const times = Array.from({ length: runs }, () => {
    const temp = mkdtempSync(join(tmpdir(), "sluice-bench-"));
    const time = measureOnce([stub], temp);
    rmSync(temp, { recursive: true });
    return time;
  });
  return summarise(times);
}

function measure(args: readonly string[], temp: string) {
  return summarise(Array.from({ length: runs }, () => measureOnce(args, temp)));
}

function measureOnce(args: readonly string[], temp: string): number {
  const ran = spawnSync(
    "bash",
    ["--norc", "-c", 'TIMEFORMAT="%U %S"; time "$@" >/dev/null 2>&1', "bench", process.execPath, ...args],
    {
      env: { PATH: process.env.PATH, RUNNER_TEMP: temp, LC_ALL: "C" },
      encoding: "utf8",
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  const [user, system] = ran.stderr.trim().split(" ").map(Number);
  return ((user ?? Number.NaN) + (system ?? Number.NaN)) * 1000;
}

function summarise(times: readonly number[]) {
  const sorted = times.toSorted((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN, least: sorted[0] ?? Number.NaN };
}

function row(what: string, { median, least }: { median: number; least: number }, bare: number): Row {
  return {
    what,
    cpuMs: Math.round(median),
    leastCpuMs: Math.round(least),
    timesBareNode: Number((median / bare).toFixed(2)),
  };
}
