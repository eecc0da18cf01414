import { readFile } from "node:fs/promises";
import { OutsideError } from "../../core/errors.ts";
import type { Parts } from "../parts/parts.ts";

/** What the process outside tells the one inside the world's namespaces. */
export interface Inside {
  readonly id: string;
  readonly parts: Parts;
  /** Folder of this world alone; removed when it has ended. */
  readonly runFolder: string;
  readonly cache: string;
  /** Control group of the world's pods, below the root of every hierarchy. */
  readonly cgroup: string;
}

const variable = "SLUICE_INSIDE";

/** The environment that lets a program find what it was told. */
export function insideEnvironment(file: string): Readonly<Record<string, string>> {
  return { [variable]: file };
}

/** Reads what the process outside has said, and from then on ends when that process does. */
export async function readInside(): Promise<Inside> {
  const file = process.env[variable];
  if (file === undefined || process.send === undefined) {
    throw new OutsideError(
      "This program runs only inside the rehearsal's namespaces: start the rehearsal instead",
    );
  }
  obeyOutside();
  // Written by `runInside` of the same version, a moment ago.
  return JSON.parse(await readFile(file, "utf8")) as Inside;
}

/** What is said between the two processes. */
export type FromOutside = { readonly signal: NodeJS.Signals };
export type FromInside = { readonly kept: true; readonly exitCode: number };

let isKept = false;

function obeyOutside(): void {
  process.on("message", (message: FromOutside) => process.kill(process.pid, message.signal));
  process.on("disconnect", () => {
    if (isKept) return;
    process.kill(process.pid, "SIGTERM");
    setTimeout(() => process.kill(process.pid, "SIGKILL"), 15_000).unref();
  });
  process.channel?.unref();
}

/** Hands the exit code to the process outside, which then ends, and stays so that the world stays. */
export async function stayUp(exitCode: number): Promise<never> {
  isKept = true;
  process.on("SIGHUP", () => undefined);
  const message: FromInside = { kept: true, exitCode };
  process.send?.(message, () => process.disconnect());
  return new Promise<never>(() => {
    setInterval(() => undefined, 3_600_000);
  });
}
