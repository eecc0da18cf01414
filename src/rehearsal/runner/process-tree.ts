import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** The variable by which every process of a job is known, whoever adopted it. */
export const trackingVariable = "RUNNER_TRACKING_ID";

/** Kills every process of a job: the descendants of `root` and all that carry its tracking id. */
export function killTree(root: number | undefined, trackingId: string): void {
  // Again until there is none: a process may have been starting another one while the list was read.
  for (let round = 0; round < maxRounds; round++) {
    if (!killOnce(root, trackingId)) return;
  }
}

/** The killed take a moment to go; this many looks are enough for those that were being started. */
const maxRounds = 3;

/** Kills what a job has left behind and waits until it is gone, for as long as a process may take to be killed. */
export async function endLeftovers(trackingId: string): Promise<void> {
  for (let waitedMs = 0; killOnce(undefined, trackingId) && waitedMs < longestEndMs; waitedMs += lookMs) {
    await sleep(lookMs);
  }
}

const lookMs = 10;
const longestEndMs = 5_000;

/** Whether there may be more to kill: some were there, or one that cannot be told yet. */
function killOnce(root: number | undefined, trackingId: string): boolean {
  const { tree, isSure } = treeOf(root, trackingId);
  for (const pid of tree) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself in the meantime.
    }
  }
  return tree.size > 0 || !isSure;
}

interface Tree {
  readonly tree: ReadonlySet<number>;
  /** Whether every process could be told. */
  readonly isSure: boolean;
}

function treeOf(root: number | undefined, trackingId: string): Tree {
  const parents = new Map<number, number>();
  const tree = new Set<number>(root === undefined ? [] : [root]);
  let isSure = true;
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const { state, parent } = standing(pid);
    if (isDead.has(state)) continue;
    parents.set(pid, parent);
    const environment = read(`/proc/${pid}/environ`);
    if (environment === "") isSure &&= !isBetweenPrograms(pid, parent);
    else if (environment.split("\0").includes(`${trackingVariable}=${trackingId}`)) tree.add(pid);
  }
  for (let size = -1; size !== tree.size; ) {
    size = tree.size;
    for (const [pid, parent] of parents) if (tree.has(parent)) tree.add(pid);
  }
  return { tree, isSure };
}

/** Zombies, which stay in the list until somebody buries them, and those that went while we looked. */
const isDead: ReadonlySet<string> = new Set(["Z", "X", ""]);

function standing(pid: number): { readonly state: string; readonly parent: number } {
  // The second field is the name in brackets and may hold spaces: what follows the last bracket counts.
  const [state = "", parent = "0"] = read(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ") ?? [];
  return { state, parent: Number(parent) };
}

/** The parent of the kernel's own threads, which have no command line either. */
const kernelThreads = 2;

/** Between two programs (execve) a process without an environment shows no command line either. */
function isBetweenPrograms(pid: number, parent: number): boolean {
  const isKernel = pid === kernelThreads || parent === kernelThreads;
  return !isKernel && read(`/proc/${pid}/cmdline`) === "";
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
