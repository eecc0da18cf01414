import { randomUUID } from "node:crypto";
import * as core from "@actions/core";

export interface Annotation {
  readonly level: "error" | "warning" | "notice";
  readonly message: string;
  readonly title?: string;
  readonly file?: string;
  readonly line?: number;
}

/** Text of the inputs as the runner hands them over, trimmed; empty when not given. */
export interface InputReader {
  get(name: string): string;
}

/** What an action may say to, and ask of, the runner it runs on. */
export interface Runner extends InputReader {
  readonly env: Readonly<Record<string, string | undefined>>;
  setOutput(name: string, value: string): void;
  mask(secret: string): void;
  info(line: string): void;
  debug(line: string): void;
  annotate(annotation: Annotation): void;
  group<T>(title: string, body: () => Promise<T>): Promise<T>;
  /** Prints lines that come from outside: nothing in them is taken for a workflow command. */
  printForeign(lines: readonly string[]): void;
  appendSummary(markdown: string): Promise<void>;
  /** A GitHub ID token for the audience; it lives five minutes. */
  idToken(audience: string): Promise<string>;
  setFailed(sentence: string): void;
}

/** The one place that speaks to @actions/core. */
export const githubRunner: Runner = {
  env: process.env,
  get: (name) => core.getInput(name),
  setOutput: (name, value) => core.setOutput(name, value),
  mask: (secret) => core.setSecret(secret),
  info: (line) => core.info(line),
  debug: (line) => core.debug(line),
  annotate,
  group: (title, body) => core.group(title, body),
  printForeign,
  appendSummary,
  idToken: (audience) => core.getIDToken(audience),
  setFailed: (sentence) => core.setFailed(sentence),
};

function annotate({ level, message, title, file, line }: Annotation): void {
  const place = {
    ...(title === undefined ? {} : { title }),
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { startLine: line }),
  };
  const say = { error: core.error, warning: core.warning, notice: core.notice }[level];
  say(message, place);
}

function printForeign(lines: readonly string[]): void {
  if (lines.length === 0) return;
  const token = randomUUID();
  process.stdout.write(`::stop-commands::${token}\n${lines.join("\n")}\n::${token}::\n`);
}

const summaryLimitBytes = 1024 * 1024;

async function appendSummary(markdown: string): Promise<void> {
  if (process.env.GITHUB_STEP_SUMMARY === undefined || process.env.GITHUB_STEP_SUMMARY === "") return;
  // GitHub drops a summary above 1 MiB whole, so what does not fit is cut here and said.
  const bytes = Buffer.from(markdown);
  const cut = "\n\n*Cut: the summary was longer than GitHub accepts. The evidence file has everything.*\n";
  const fits = bytes.length <= summaryLimitBytes;
  const text = fits ? markdown : bytes.subarray(0, summaryLimitBytes - 1024).toString("utf8") + cut;
  await core.summary.addRaw(text, true).write();
}
