import { type ChildProcess, spawn } from "node:child_process";
import { pipeline, Readable, type Writable } from "node:stream";
import { CancelledError, messageOf, OutsideError } from "../core/errors.ts";

export interface ShellOptions {
  readonly cwd?: string;
  /** Added to the environment of this process; undefined removes a name. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Text, or bytes as they come. A source that breaks ends the input: whoever made it must see to its error. */
  readonly stdin?: string | AsyncIterable<Uint8Array>;
  /** Runs the program as this user; only root may. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Total time for the program, after which its whole process tree is ended. */
  readonly timeoutMs?: number;
  /** Abort forwards SIGINT at once, SIGKILL to the whole tree after `graceMs`. */
  readonly signal?: AbortSignal;
  readonly graceMs?: number;
  /** Called for each whole line as it comes, for tools whose output is followed. */
  readonly onLine?: (line: string, stream: "stdout" | "stderr") => void;
  /** Most characters kept per stream; what comes after is dropped and the result says so. */
  readonly keepCharacters?: number;
}

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  readonly cancelled: boolean;
  readonly truncated: boolean;
}

/** Runs a program with a list of arguments, never a command line. A non-zero exit is returned, not thrown. */
export type Shell = (program: string, args: readonly string[], options?: ShellOptions) => Promise<Ran>;

const defaultGraceMs = 9000;
const defaultKeepCharacters = 64 * 1024 * 1024;

export const shell: Shell = (program, args, options = {}) =>
  new Promise((resolve, reject) => {
    if (options.signal?.aborted === true)
      return reject(new CancelledError(`${program} was not started: cancelled`));
    // A group of its own lets the whole tree be ended, grandchildren included.
    const child = spawn(program, [...args], {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
      ...options.user,
    });
    const stdout = collect(child.stdout, "stdout", options);
    const stderr = collect(child.stderr, "stderr", options);
    const ending = endWhenAsked(child, options);
    feed(child.stdin, options.stdin ?? "");
    child.on("error", (error) => {
      ending.dispose();
      reject(new OutsideError(`${program} could not be started: ${messageOf(error)}`));
    });
    child.on("close", (code, signal) => {
      ending.dispose();
      resolve({
        exitCode: code ?? (signal === null ? 1 : 128 + 1),
        stdout: stdout.text(),
        stderr: stderr.text(),
        timedOut: ending.why() === "timeout",
        cancelled: ending.why() === "cancelled",
        truncated: stdout.truncated() || stderr.truncated(),
      });
    });
  });

function feed(stdin: Writable, source: string | AsyncIterable<Uint8Array>): void {
  // A program may end without reading its input, which is no error of its own.
  stdin.on("error", () => undefined);
  if (typeof source === "string") stdin.end(source);
  else pipeline(Readable.from(source), stdin, () => undefined);
}

/** Runs a program that must succeed and returns its standard output. */
export async function mustSucceed(
  run: Shell,
  program: string,
  args: readonly string[],
  options?: ShellOptions,
) {
  const ran = await run(program, args, options);
  if (ran.exitCode === 0 && !ran.timedOut) return ran.stdout;
  throw new OutsideError(describeFailure(program, args, ran));
}

/** One sentence for a program that failed: the tool, the verb, the exit code, its last lines. */
export function describeFailure(program: string, args: readonly string[], ran: Ran): string {
  const called = [program.split("/").at(-1), args.find((arg) => !arg.startsWith("-"))]
    .filter(Boolean)
    .join(" ");
  if (ran.timedOut)
    return `${called} was ended after its time was over: ${lastLines(ran.stderr || ran.stdout)}`;
  return `${called} exited with ${ran.exitCode}: ${lastLines(ran.stderr || ran.stdout)}`;
}

/** The last lines of a tool's text, joined to one. */
export function lastLines(text: string, count = 3): string {
  const kept = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  return kept.length === 0 ? "it said nothing" : kept.slice(-count).join("; ").slice(-600);
}

function collect(stream: NodeJS.ReadableStream, name: "stdout" | "stderr", options: ShellOptions) {
  const limit = options.keepCharacters ?? defaultKeepCharacters;
  const chunks: string[] = [];
  let kept = 0;
  let cut = false;
  let line = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    if (kept + chunk.length <= limit) {
      chunks.push(chunk);
      kept += chunk.length;
    } else cut = true;
    if (options.onLine === undefined) return;
    const parts = (line + chunk).split(/\r?\n/);
    line = parts.pop() ?? "";
    for (const part of parts) options.onLine(part, name);
  });
  stream.on("end", () => {
    if (line !== "") options.onLine?.(line, name);
  });
  return { text: () => chunks.join(""), truncated: () => cut };
}

function endWhenAsked(child: ChildProcess, options: ShellOptions) {
  let why: "timeout" | "cancelled" | undefined;
  const timers: NodeJS.Timeout[] = [];
  const end = (reason: "timeout" | "cancelled") => {
    if (why !== undefined) return;
    why = reason;
    killGroup(child, "SIGINT");
    timers.push(setTimeout(() => killGroup(child, "SIGKILL"), options.graceMs ?? defaultGraceMs));
  };
  const onAbort = () => end("cancelled");
  options.signal?.addEventListener("abort", onAbort, { once: true });
  if (options.timeoutMs !== undefined) timers.push(setTimeout(() => end("timeout"), options.timeoutMs));
  return {
    why: () => why,
    dispose: () => {
      for (const timer of timers) clearTimeout(timer);
      options.signal?.removeEventListener("abort", onAbort);
    },
  };
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group has already ended.
  }
}
