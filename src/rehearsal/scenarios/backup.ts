import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { mustSucceed, shell } from "../../platform/shell.ts";
import type { Stage } from "../stage.ts";
import { answered, noRequestLost, productionServes, runEnded, saidNo } from "./expectations.ts";
import type { Scenario } from "./scenario.ts";

/** A real dump of production's database with a few bytes flipped, as a bad disk leaves it. */
export const corruptBackup: Scenario = {
  name: "corrupt-backup",
  breaks: "bytes are flipped in a dump",
  workflow: ".github/workflows/backup-drill.yml",
  change: async (stage) => {
    const backup = await dump(stage);
    await flipBytes(backup);
    const baseline = JSON.stringify({ tables: { "public.orders": await countOrders(stage) } });
    await stage.application.write("backup-baseline.json", `${baseline}\n`);
    return { BACKUP: backup };
  },
  judge: (outcome) => [
    ...runEnded(outcome, "failure"),
    ...saidNo(outcome, "backup-drill/drill"),
    ...answered(outcome, "backup-verify", { verdict: "fail" }),
    ...productionServes(outcome, "old"),
    ...noRequestLost(outcome),
  ],
};

async function dump({ world, folder }: Stage): Promise<string> {
  const file = join(folder, "production.dump");
  const pgDump = join(world.postgres.binaries, "pg_dump");
  await mustSucceed(shell, "psql", [world.postgres.urls.production, "-c", fill], { env: onPath(world) });
  await mustSucceed(shell, pgDump, ["--format=custom", `--file=${file}`, world.postgres.urls.production]);
  return file;
}

// Enough rows that the flipped bytes fall into data.
const fill =
  "insert into orders (item, quantity) select 'order ' || n, 1 + n % 9 from generate_series(1, 2000) n";

function onPath(world: Stage["world"]): { PATH: string } {
  return { PATH: `${world.postgres.binaries}:${process.env.PATH ?? ""}` };
}

async function countOrders({ world }: Stage): Promise<number> {
  const query = ["--tuples-only", "--no-align", "-c", "select count(*) from orders"];
  const answer = await mustSucceed(shell, "psql", [world.postgres.urls.production, ...query], {
    env: onPath(world),
  });
  return Number(answer.trim());
}

async function flipBytes(file: string): Promise<void> {
  const bytes = await readFile(file);
  const middle = Math.floor(bytes.length / 2);
  for (let n = middle; n < middle + 64; n++) bytes[n] = (bytes[n] ?? 0) ^ 0xff;
  await writeFile(file, bytes);
}
