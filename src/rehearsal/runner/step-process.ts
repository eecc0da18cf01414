import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { killTree } from "./process-tree.ts";

/** How long GitHub waits between one signal and the next, and for the whole end of a cancelled run. */
export interface Patience {
  readonly interruptMs: number;
  readonly terminateMs: number;
  readonly wholeMs: number;
}

/** GitHub's own times. */
export const githubPatience: Patience = { interruptMs: 7_500, terminateMs: 2_500, wholeMs: 300_000 };

/** What is started for a step. */
export interface StepCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly trackingId: string;
  readonly patience: Patience;
  onLine(line: string): void;
}

/** How the process of a step ended; undefined when a signal ended it. */
export interface StepExit {
  readonly exitCode: number | undefined;
  readonly problem?: string;
}

/** After the entry process has ended, output of what it left behind is read this long. */
const drainMs = 5_000;

/** A running step. */
export class StepProcess {
  readonly ended: Promise<StepExit>;
  readonly #child: ChildProcess;
  readonly #command: StepCommand;
  #isOver = false;
  #isCancelling = false;

  constructor(command: StepCommand) {
    this.#command = command;
    // Its own process group: Ctrl-C at the terminal reaches us, and we tell the step as GitHub would.
    const options = {
      cwd: command.cwd,
      env: { ...command.env },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    };
    this.#child = spawn(command.program, [...command.args], options as Parameters<typeof spawn>[2]);
    this.ended = this.#follow();
  }

  /** Asks the entry process to stop as GitHub does: interrupt, then terminate, then kill the tree. */
  cancel(): void {
    if (this.#isOver || this.#isCancelling) return;
    this.#isCancelling = true;
    const { interruptMs, terminateMs } = this.#command.patience;
    this.#signal("SIGINT");
    const terminate = setTimeout(() => this.#signal("SIGTERM"), interruptMs);
    const kill = setTimeout(() => this.kill(), interruptMs + terminateMs);
    const stop = () => {
      clearTimeout(terminate);
      clearTimeout(kill);
    };
    this.ended.then(stop, stop);
  }

  /** Kills the whole tree at once. */
  kill(): void {
    killTree(this.#isOver ? undefined : this.#child.pid, this.#command.trackingId);
  }

  #signal(signal: NodeJS.Signals): void {
    if (!this.#isOver) this.#child.kill(signal);
  }

  async #follow(): Promise<StepExit> {
    const child = this.#child;
    const streams = [child.stdout, child.stderr].map((stream) => this.#readLines(stream));
    const exit = await new Promise<StepExit>((resolve) => {
      child.once("error", (error) => resolve({ exitCode: 127, problem: error.message }));
      child.once("exit", (code) => resolve({ exitCode: code ?? undefined }));
    });
    this.#isOver = true;
    let timer: NodeJS.Timeout | undefined;
    const impatient = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, drainMs);
    });
    await Promise.race([Promise.all(streams), impatient]);
    clearTimeout(timer);
    child.stdout?.destroy();
    child.stderr?.destroy();
    return exit;
  }

  async #readLines(stream: Readable | null): Promise<void> {
    if (stream === null) return;
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      this.#command.onLine(line);
    }
  }
}
