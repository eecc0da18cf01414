import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

interface Hierarchy {
  readonly root: string;
  readonly isUnified: boolean;
}

/** Where control group hierarchies are mounted, as /proc/self/mounts tells. */
export function hierarchiesOf(mounts: string): readonly Hierarchy[] {
  return mounts.split("\n").flatMap((line) => {
    const [, root, type] = line.split(" ");
    if (root === undefined || (type !== "cgroup" && type !== "cgroup2")) return [];
    return [{ root, isUnified: type === "cgroup2" }];
  });
}

/**
 * Makes a control group in every hierarchy. Returns the controllers it had to switch on for children of the unified
 * root, which `removeControlGroups` switches off again.
 */
export async function makeControlGroups(name: string): Promise<readonly string[]> {
  const added: string[] = [];
  const hierarchies = await mounted();
  for (const { root, isUnified } of hierarchies) {
    // Beside the older hierarchies the unified one has nothing that pods need.
    if (isUnified && hierarchies.length === 1) added.push(...(await switchOnControllers(root)));
    await mkdir(join(root, name), { recursive: true });
  }
  return added;
}

async function mounted(): Promise<readonly Hierarchy[]> {
  return hierarchiesOf(await readFile("/proc/self/mounts", "utf8"));
}

const needed = new Set(["cpu", "cpuset", "memory", "pids", "hugetlb"]);

async function switchOnControllers(root: string): Promise<readonly string[]> {
  const words = async (file: string) => (await readFile(join(root, file), "utf8")).trim().split(/\s+/);
  const on = await words("cgroup.subtree_control");
  const missing = (await words("cgroup.controllers")).filter((one) => needed.has(one) && !on.includes(one));
  for (const one of missing) await writeFile(join(root, "cgroup.subtree_control"), `+${one}`);
  return missing;
}

/** Removes a control group with all below it from every hierarchy; waits for its last processes to be gone. */
export async function removeControlGroups(name: string, added: readonly string[] = []): Promise<void> {
  for (const { root, isUnified } of await mounted()) {
    const folder = join(root, name);
    for (let tries = 0; existsSync(folder) && tries < 100; tries += 1) {
      await removeTree(folder);
      if (existsSync(folder)) await new Promise((resolve) => setTimeout(resolve, 50));
    }
    if (!isUnified) continue;
    for (const one of added) {
      await writeFile(join(root, "cgroup.subtree_control"), `-${one}`).catch(() => undefined);
    }
  }
}

/** The kernel lets a group's folder go only when it has no child and no process. */
async function removeTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(folder, entry.name));
  await rmdir(folder).catch(() => undefined);
}
