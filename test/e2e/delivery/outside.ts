import { spawn } from "node:child_process";
import { existsSync, openSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { howToEnter, runInside } from "../../../src/rehearsal/cluster/enter.ts";
import { listRuns, type RunRecord } from "../../../src/rehearsal/cluster/runs.ts";
import { cacheFolder } from "../../../src/rehearsal/parts/cache.ts";
import { prepare, prepareHelm3, prepareIstioDefinitions } from "../../../src/rehearsal/parts/prepare.ts";
import { readWish } from "./arguments.ts";

const args = process.argv.slice(2);
const wish = readWish(args);
const beside = (name: string) => fileURLToPath(new URL(name, import.meta.url));

const isForKeeps = process.env.SLUICE_KEPT_LOG !== undefined;
process.exit(wish.isAttached ? await attach() : wish.isKept && !isForKeeps ? await keep() : await enter());

/** What stays must not hold this program's output open, or whoever reads it would wait for ever. */
async function keep(): Promise<number> {
  const path = join(tmpdir(), `sluice-kept-${process.pid}.log`);
  const log = openSync(path, "w");
  const env = { ...process.env, SLUICE_KEPT_LOG: path };
  const child = spawn(process.execPath, [beside("outside.ts"), ...args], {
    stdio: ["ignore", log, log],
    env,
  });
  const code = await new Promise<number>((resolve) => child.once("exit", (exit) => resolve(exit ?? 1)));
  console.log(readFileSync(path, "utf8"));
  return code;
}

async function enter(): Promise<number> {
  const parts = await prepare((line) => console.log(line));
  // Inside there is no network: what cases ask for beside the world must lie in the cache.
  await prepareIstioDefinitions((line) => console.log(line));
  if (!wish.isShort) await prepareHelm3((line) => console.log(line));
  const script = beside("inside.ts");
  const { exitCode, kept } = await runInside({ script, args, parts, cache: cacheFolder() });
  if (kept !== undefined) {
    console.log(`A shell in it: ${await howToEnter(kept)}`);
    console.log("Cases in it:   npx node test/e2e/delivery/outside.ts --attach --only NAME");
    console.log(`Its end:       kill -9 ${kept.pid}`);
  }
  return exitCode;
}

/** Runs the cases inside the world that was kept, in a process of its own. */
async function attach(): Promise<number> {
  const record = await findKept();
  const children = await readFile(`/proc/${record.pid}/task/${record.pid}/children`, "utf8");
  const first = children.trim().split(" ")[0] ?? "";
  const enter = ["--target", first, "--mount", "--net", "--pid", "--ipc", `--wd=${process.cwd()}`];
  const script = [process.execPath, beside("attached.ts"), join(record.runFolder, "world.json"), ...args];
  const env = { ...process.env, PATH: `${process.env.PATH ?? ""}:/usr/sbin:/usr/bin:/sbin:/bin` };
  const child = spawn("nsenter", [...enter, ...script], { stdio: "inherit", env });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
}

async function findKept(): Promise<RunRecord> {
  const runs = await listRuns(cacheFolder());
  const found = runs.findLast(
    // Inside the namespaces a file system of its own may lie over the folder: it is looked for through the process.
    ({ record, isAlive }) => isAlive && existsSync(rootOf(record)),
  );
  if (found === undefined) throw new Error("No world is kept: start one with --keep");
  return found.record;
}

function rootOf({ pid, runFolder }: RunRecord): string {
  return join(`/proc/${pid}/root`, runFolder, "world.json");
}
