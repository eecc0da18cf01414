import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { Evidence } from "../../../src/domain/evidence/evidence.ts";
import { killTree, trackingVariable } from "../../../src/rehearsal/runner/process-tree.ts";
import { prepareStepFiles, readStepFiles } from "../../../src/rehearsal/runner/step-files.ts";

export type ActionName = "helm-deploy" | "rollback" | "canary-analyze" | "smoke-test";
export type ActionInputs = Readonly<Record<string, string | number | boolean>>;

/** What came of one action. */
export interface ActionRun {
  readonly action: ActionName;
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly verdict: string;
  readonly reasons: readonly string[];
  readonly outputs: Readonly<Record<string, string>>;
  /** Undefined when the process was ended before it could write. */
  readonly evidence: Evidence | undefined;
  /** Markdown of the job's summary. */
  readonly summary: string;
  readonly lines: readonly LogLine[];
  readonly log: string;
  readonly seconds: number;
}

export interface LogLine {
  readonly text: string;
  /** Milliseconds since the process was started. */
  readonly at: number;
}

/** An action under way. */
export interface RunningAction {
  readonly pid: number;
  /** Grows while the action speaks. */
  readonly lines: readonly LogLine[];
  readonly done: Promise<ActionRun>;
  /** To the node process alone, as GitHub sends its signals. */
  signal(name: NodeJS.Signals): void;
  /** SIGKILL to the process and everything it has started, as when a runner is lost. */
  killTree(): void;
  /** Resolves with the first line, past or to come, that matches; with undefined when the action ends before. */
  seen(pattern: RegExp): Promise<LogLine | undefined>;
}

export interface ActionStart {
  readonly action: ActionName;
  readonly inputs: ActionInputs;
  /** The environment of the step, without the files and inputs that are added here. */
  readonly env: Readonly<Record<string, string>>;
  readonly temp: string;
  readonly cwd: string;
}

/** Starts an action as GitHub's runner does: a node process that is told everything by its environment. */
export async function startAction(start: ActionStart): Promise<RunningAction> {
  const files = prepareStepFiles(start.temp);
  const trackingId = `sluice-${randomUUID()}`;
  const begun = performance.now();
  const child = spawn(process.execPath, programOf(start.action), {
    cwd: start.cwd,
    // A group of its own: a signal for us is not one for the action.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...start.env,
      ...(await inputVariables(start.action, start.inputs)),
      RUNNER_TEMP: start.temp,
      [trackingVariable]: trackingId,
      GITHUB_OUTPUT: files.output,
      GITHUB_ENV: files.env,
      GITHUB_PATH: files.path,
      GITHUB_STATE: files.state,
      GITHUB_STEP_SUMMARY: files.summary,
    },
  });
  const log = new Log(begun);
  const reading = Promise.all([log.read(child.stdout), log.read(child.stderr)]);
  const ended = exitOf(child);
  let isOver = false;
  const finish = async (): Promise<ActionRun> => {
    const exitCode = await ended;
    isOver = true;
    const seconds = (performance.now() - begun) / 1000;
    // Programs that were left behind may hold the output open for ever.
    await Promise.race([reading, new Promise((resolve) => setTimeout(resolve, 1000))]);
    log.end();
    const { outputs, summary } = readStepFiles(files);
    return { ...(await describe(start.action, outputs)), exitCode, summary, seconds, ...log.result() };
  };
  return {
    pid: child.pid ?? 0,
    lines: log.lines,
    done: finish(),
    signal: (name) => void (isOver || child.kill(name)),
    killTree: () => killTree(isOver ? undefined : child.pid, trackingId),
    seen: (pattern) => log.seen(pattern),
  };
}

function programOf(action: ActionName): readonly string[] {
  if (process.env.SLUICE_FROM_SOURCE === "1") {
    const start = new URL("../../../src/actions/start.ts", import.meta.url).href;
    return ["--input-type=module", "-e", `await (await import("${start}")).start("${action}")`];
  }
  return [fileURLToPath(new URL(`../../../dist/${action}.mjs`, import.meta.url))];
}

async function inputVariables(action: ActionName, given: ActionInputs): Promise<Record<string, string>> {
  const file = new URL(`../../../actions/${action}/action.yml`, import.meta.url);
  const { inputs } = parse(await readFile(file, "utf8")) as {
    readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  };
  const unknown = Object.keys(given).filter((name) => !(name in inputs));
  if (unknown.length > 0) throw new Error(`${action} has no input ${unknown.join(", ")}`);
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { default: fallback = "" }]) => [
      `INPUT_${name.replaceAll(" ", "_").toUpperCase()}`,
      String(given[name] ?? fallback),
    ]),
  );
}

function exitOf(child: ChildProcess): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? undefined));
  });
}

async function describe(action: ActionName, outputs: Readonly<Record<string, string>>) {
  const report = outputs.report === undefined ? undefined : await readFile(outputs.report, "utf8");
  return {
    action,
    outputs,
    verdict: outputs.verdict ?? "",
    reasons: JSON.parse(outputs.reasons ?? "[]") as readonly string[],
    evidence: report === undefined ? undefined : (JSON.parse(report) as Evidence),
  };
}

/** The lines of an action as they come, for those who wait for one. */
class Log {
  readonly lines: LogLine[] = [];
  readonly #begun: number;
  readonly #waiting = new Set<() => void>();
  #isOver = false;

  constructor(begun: number) {
    this.#begun = begun;
  }

  async read(stream: Readable): Promise<void> {
    for await (const text of createInterface({ input: stream })) {
      this.lines.push({ text, at: performance.now() - this.#begun });
      this.#wake();
    }
  }

  async seen(pattern: RegExp): Promise<LogLine | undefined> {
    for (;;) {
      const found = this.lines.find(({ text }) => pattern.test(text));
      if (found !== undefined || this.#isOver) return found;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  result() {
    return { lines: this.lines, log: this.lines.map(({ text }) => text).join("\n") };
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
