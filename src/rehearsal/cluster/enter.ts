import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OutsideError } from "../../core/errors.ts";
import type { Parts } from "../parts/parts.ts";
import { makeControlGroups } from "./control-groups.ts";
import { type FromInside, type FromOutside, type Inside, insideEnvironment } from "./inside.ts";
import { namespaces, refuseWhereImpossible } from "./possible.ts";
import { forgetRun, type RunRecord, rememberRun, removeStaleRuns, startTimeOf } from "./runs.ts";

export interface Entry {
  /** The program that runs inside: a TypeScript file that calls `readInside` first. */
  readonly script: string;
  readonly args: readonly string[];
  readonly parts: Parts;
  readonly cache: string;
}

export interface Left {
  readonly exitCode: number;
  /** Set when the program asked for the world to stay up. */
  readonly kept?: RunRecord;
}

/**
 * Runs a program in mount, network, process and IPC namespaces of its own, hands it SIGINT and SIGTERM, and removes
 * what it leaves: whatever was started inside ends with it.
 */
export async function runInside(entry: Entry): Promise<Left> {
  await refuseWhereImpossible();
  await removeStaleRuns(entry.cache);
  const { inside, insideFile } = await makeRunFolder(entry);
  const addedControllers = await makeControlGroups(inside.id);
  const child = unshare(entry, insideFile);
  const { pid } = child;
  if (pid === undefined) throw new OutsideError("unshare could not be started: util-linux is missing");
  const record: RunRecord = {
    id: inside.id,
    pid,
    startTime: (await startTimeOf(pid)) ?? "",
    runFolder: inside.runFolder,
    addedControllers,
  };
  await rememberRun(entry.cache, record);
  const left = await waitForEnd(child);
  if (left.kept) {
    child.unref();
    return { exitCode: left.exitCode, kept: record };
  }
  await forgetRun(entry.cache, record);
  return { exitCode: left.exitCode };
}

async function makeRunFolder(entry: Entry): Promise<{ inside: Inside; insideFile: string }> {
  const id = `sluice-world-${randomBytes(3).toString("hex")}`;
  const runFolder = await mkdtemp(join(tmpdir(), `${id}-`));
  // The database server runs without root and must reach its folder.
  await chmod(runFolder, 0o755);
  const inside: Inside = { id, parts: entry.parts, runFolder, cache: entry.cache, cgroup: `/${id}` };
  const insideFile = join(runFolder, "inside.json");
  await mkdir(entry.cache, { recursive: true });
  await writeFile(insideFile, JSON.stringify(inside));
  return { inside, insideFile };
}

function unshare(entry: Entry, insideFile: string): ChildProcess {
  // A shell stays as the first process: it takes in and buries orphans, which Node does not do.
  const underShell = [
    "/bin/sh",
    "-c",
    '"$@"; exit $?',
    "sluice",
    process.execPath,
    entry.script,
    ...entry.args,
  ];
  return spawn("unshare", [...namespaces, "--fork", "--kill-child", "--mount-proc", ...underShell], {
    // A session of its own: Ctrl-C comes to the outer process alone and is handed on once.
    detached: true,
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: environmentInside(insideFile),
  });
}

/** Programs of the packages lie in the system's folders; a proxy of the machine cannot be reached from inside. */
function environmentInside(insideFile: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(https?|all|no)_proxy$/i.test(name));
  const path = `${process.env.PATH ?? ""}:/usr/sbin:/usr/bin:/sbin:/bin`;
  return { ...Object.fromEntries(kept), PATH: path, ...insideEnvironment(insideFile) };
}

const handedOn = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

async function waitForEnd(child: ChildProcess): Promise<{ exitCode: number; kept: boolean }> {
  const handOn = (signal: NodeJS.Signals) => {
    const message: FromOutside = { signal };
    if (child.connected) child.send(message, () => undefined);
  };
  for (const signal of handedOn) process.on(signal, handOn);
  try {
    return await new Promise((resolve, reject) => {
      child.on("message", (message: FromInside) => resolve({ exitCode: message.exitCode, kept: true }));
      child.on("error", (error) =>
        reject(new OutsideError(`unshare could not be started: ${error.message}`)),
      );
      child.on("exit", (code) => resolve({ exitCode: code ?? 1, kept: false }));
    });
  } finally {
    for (const signal of handedOn) process.off(signal, handOn);
  }
}

/** How to look into a world that was kept: a shell in it. */
export async function howToEnter(record: RunRecord): Promise<string> {
  const children = await readFile(`/proc/${record.pid}/task/${record.pid}/children`, "utf8").catch(() => "");
  const first = children.trim().split(" ")[0] || String(record.pid);
  return `nsenter --target ${first} --all env KUBECONFIG=${record.runFolder}/secrets/admin.kubeconfig PATH=${record.runFolder}/tools:/usr/sbin:/usr/bin sh`;
}
