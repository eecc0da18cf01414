import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

// Not the folder for temporary files: every world of this machine must look at the same one.
const folder = "/tmp/sluice-delivery-slots";

/**
 * Runs the body when one of the machine's slots is free, as many as it has cores. Several worlds at once would
 * otherwise make each other so slow that cases fail for want of time. A slot is free when its holder has ended, however.
 */
export async function inSlot<T>(body: () => Promise<T>): Promise<T> {
  await mkdir(folder, { recursive: true });
  const slots = Array.from({ length: Math.max(2, availableParallelism()) }, (_none, n) =>
    join(folder, `${n}`),
  );
  for (;;) {
    for (const slot of slots) {
      const release = await take(slot);
      if (release === undefined) continue;
      try {
        return await body();
      } finally {
        release();
      }
    }
    await sleep(1000 + Math.random() * 1000);
  }
}

/** Takes a lock that the kernel gives back when this process ends; undefined when somebody has it. */
function take(file: string): Promise<(() => void) | undefined> {
  const holder = spawn("flock", ["--nonblock", file, "sh", "-c", "echo taken; cat"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  return new Promise((resolve, reject) => {
    holder.once("error", reject);
    holder.once("exit", () => resolve(undefined));
    holder.stdout.once("data", () => resolve(() => holder.stdin.end()));
  });
}
