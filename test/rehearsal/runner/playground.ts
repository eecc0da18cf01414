import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { type Github, startGithub } from "../../../src/rehearsal/github/server.ts";
import type { EnvironmentSeed } from "../../../src/rehearsal/github/state.ts";
import type {
  ApprovalAnswer,
  ApprovalQuestion,
  JobResult,
  RunEvent,
  RunResult,
} from "../../../src/rehearsal/runner/events.ts";
import { type StartedRun, startWorkflow } from "../../../src/rehearsal/runner/run.ts";
import type { RunOptions } from "../../../src/rehearsal/runner/run-options.ts";

/** Files by path: those of the application are committed, those of Sluice lie in a folder. */
export interface Playground {
  readonly app: Readonly<Record<string, string>>;
  readonly sluice?: Readonly<Record<string, string>>;
  readonly environments?: readonly EnvironmentSeed[];
  readonly answer?: ApprovalAnswer;
  readonly options?: Partial<RunOptions>;
}

/** What a test looks at. */
export interface Played {
  readonly result: RunResult;
  readonly events: readonly RunEvent[];
  readonly github: Github;
  readonly questions: readonly ApprovalQuestion[];
}

/** A prepared run that a test starts itself. */
export interface Prepared {
  readonly options: RunOptions;
  readonly events: RunEvent[];
  readonly github: Github;
  readonly questions: ApprovalQuestion[];
}

const yes: ApprovalAnswer = { approved: true, user: "alice", comment: "fine" };
const patience = { interruptMs: 1_500, terminateMs: 500, wholeMs: 20_000 };

/** Makes repositories, a stand-in and options in a temporary folder. */
export async function prepare(playground: Playground): Promise<Prepared> {
  const root = mkdtempSync(join(tmpdir(), "runner-"));
  const app = join(root, "app");
  const sluice = join(root, "sluice");
  writeFiles(app, playground.app);
  writeFiles(sluice, { "README.md": "", ...playground.sluice });
  commitAll(app);
  const github = await startGithub({
    owner: "acme",
    name: "web",
    folder: app,
    artifactFolder: join(root, "artifacts"),
    environments: playground.environments ?? [],
  });
  onTestFinished(async () => {
    await github.close();
    rmSync(root, { recursive: true, force: true });
  });
  const events: RunEvent[] = [];
  const questions: ApprovalQuestion[] = [];
  const options: RunOptions = {
    sluiceRoot: sluice,
    sluiceRepository: "example/sluice",
    app: { folder: app, repository: "acme/web" },
    workflow: ".github/workflows/ci.yml",
    event: { name: "workflow_dispatch" },
    github,
    workFolder: join(root, "work"),
    patience,
    onEvent: (event) => events.push(event),
    approve: (question) => {
      questions.push(question);
      return Promise.resolve(playground.answer ?? yes);
    },
    ...playground.options,
  };
  return { options, events, github, questions };
}

/** Runs `.github/workflows/ci.yml` of the application to its end. */
export async function play(playground: Playground): Promise<Played> {
  const { options, ...seen } = await prepare(playground);
  const started = await startWorkflow(options);
  return { ...seen, result: await started.result };
}

/** Runs one workflow with the given text. */
export function playText(text: string, more: Partial<Playground> = {}): Promise<Played> {
  return play({ ...more, app: { ".github/workflows/ci.yml": text, ...more.app } });
}

/** A workflow with one job of the given steps, started by hand. */
export function stepsWorkflow(steps: string, job = ""): string {
  const indented = steps
    .trim()
    .split("\n")
    .map((line) => `      ${line}`)
    .join("\n");
  const extra =
    job.trim() === ""
      ? ""
      : `${job
          .trim()
          .split("\n")
          .map((line) => `    ${line}`)
          .join("\n")}\n`;
  return `on: workflow_dispatch\njobs:\n  one:\n    runs-on: ubuntu-latest\n${extra}    steps:\n${indented}\n`;
}

/** The result of a job anywhere in the tree. */
export function jobOf(result: RunResult, path: string): JobResult {
  const all = (jobs: readonly JobResult[]): readonly JobResult[] =>
    jobs.flatMap((job) => [job, ...all(job.jobs)]);
  const found = all(result.jobs).find((job) => job.path === path);
  if (found === undefined)
    throw new Error(
      `no job ${path} in ${all(result.jobs)
        .map((job) => job.path)
        .join(", ")}`,
    );
  return found;
}

/** The log of a run as text. */
export function logOf(events: readonly RunEvent[]): string {
  return events.flatMap((event) => (event.kind === "log" ? [event.line] : [])).join("\n");
}

/** Whether a process still does something; one that nobody has buried does not count. */
export function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** Starts a run and waits until its log contains a text. */
export async function startUntil(prepared: Prepared, text: string): Promise<StartedRun> {
  const { options, events } = prepared;
  let seen = () => {};
  const shown = new Promise<void>((resolve) => {
    seen = resolve;
  });
  const started = await startWorkflow({
    ...options,
    onEvent: (event) => {
      events.push(event);
      if (event.kind === "log" && event.line.includes(text)) seen();
    },
  });
  await Promise.race([shown, started.result]);
  return started;
}

function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

function commitAll(folder: string): void {
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", folder, "-c", "user.name=T", "-c", "user.email=t@example.com", ...args]);
  git("init", "--quiet", "--template=", "--initial-branch=main");
  git("add", ".");
  git("commit", "--quiet", "--message=first");
}
