import { readdirSync, readFileSync } from "node:fs";

/** The variable by which every process of a job is known, whoever adopted it. */
export const trackingVariable = "RUNNER_TRACKING_ID";

/** Kills every process of a job: the descendants of `root` and all that carry its tracking id. */
export function killTree(root: number | undefined, trackingId: string): void {
  // Again until there is none: a process may have been starting another one while the list was read.
  for (let round = 0; round < maxRounds; round++) {
    const tree = treeOf(root, trackingId);
    if (tree.size === 0) return;
    for (const pid of tree) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended by itself in the meantime.
      }
    }
  }
}

/** The dead stay in the list until somebody buries them; this many looks are enough for the living. */
const maxRounds = 3;

function treeOf(root: number | undefined, trackingId: string): ReadonlySet<number> {
  const parents = new Map<number, number>();
  const found = new Set<number>(root === undefined ? [] : [root]);
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    parents.set(pid, parentOf(pid));
    if (isTracked(pid, trackingId)) found.add(pid);
  }
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
  }
  return found;
}

function parentOf(pid: number): number {
  // The second field is the name in brackets and may hold spaces: what follows the last bracket counts.
  const fields = read(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ");
  return Number(fields?.[1] ?? 0);
}

function isTracked(pid: number, trackingId: string): boolean {
  return read(`/proc/${pid}/environ`).split("\0").includes(`${trackingVariable}=${trackingId}`);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
