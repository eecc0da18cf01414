import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf, OutsideError } from "../../core/errors.ts";
import { lastLines } from "../../platform/shell.ts";

export interface DaemonCall {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Folder that gets `<name>.log`. */
  readonly logs: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
}

/** A program that stays up as long as the world does. */
export interface Daemon {
  readonly name: string;
  readonly logFile: string;
  /** Says how it ended, as soon as it has. */
  readonly ended: Promise<string>;
  readonly hasEnded: () => boolean;
  readonly kill: (signal: NodeJS.Signals) => void;
}

/** Starts a program of the world in a session of its own, its output in a log file. */
export function startDaemon(call: DaemonCall): Daemon {
  const logFile = join(call.logs, `${call.name}.log`);
  const log = openSync(logFile, "a");
  // Its own session keeps the terminal's Ctrl-C from it: the world is taken down in order.
  const child = spawn(call.program, [...call.args], {
    detached: true,
    stdio: ["ignore", log, log],
    env: { ...process.env, ...call.env },
    ...(call.uid === undefined ? {} : { uid: call.uid, gid: call.uid }),
  });
  closeSync(log);
  // The program that made the world may end while this runs; the namespaces then end it.
  child.unref();
  let over = false;
  const ended = howItEnds(child).then((how) => {
    over = true;
    return how;
  });
  const kill = (signal: NodeJS.Signals) => {
    if (!over) child.kill(signal);
  };
  return { name: call.name, logFile, ended, hasEnded: () => over, kill };
}

/** Waits until a daemon answers; a daemon that ends or stays silent is named with its last lines. */
export async function waitUntilReady(
  daemon: Daemon,
  isReady: () => Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> {
  const until = Date.now() + timeoutMs;
  while (!(await isReady())) {
    if (daemon.hasEnded()) throw new OutsideError(diagnose(daemon, await daemon.ended));
    if (Date.now() > until) {
      throw new OutsideError(diagnose(daemon, `was not ready after ${timeoutMs / 1000} s`));
    }
    await new Promise((resolve) => setTimeout(resolve, 80));
  }
}

/** One sentence about a daemon that failed: what happened and the end of its log. */
export function diagnose(daemon: Daemon, what: string): string {
  return `${daemon.name} ${what}: ${lastLines(readLog(daemon.logFile), 6)} (whole log: ${daemon.logFile})`;
}

function readLog(file: string): string {
  try {
    return readFileSync(file, "utf8").slice(-20_000);
  } catch {
    return "";
  }
}

function howItEnds(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(`could not be started: ${messageOf(error)}`));
    child.once("exit", (code, signal) =>
      resolve(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`),
    );
  });
}
