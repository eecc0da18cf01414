import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../core/errors.ts";
import { isBlockedVariable, parsePairs, parsePaths } from "./env-files.ts";
import type { StepFiles } from "./step-environment.ts";

/** GitHub's limit for one step's summary, in bytes. */
export const maxSummaryBytes = 1_048_576;

/** What a step left in its files. */
export interface StepLeavings {
  readonly outputs: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  readonly paths: readonly string[];
  readonly summary: string;
  /** Sentences for the log; with any, the step has failed. */
  readonly problems: readonly string[];
  /** Sentences for the log that do not decide the step's fate. */
  readonly complaints: readonly string[];
}

/** Makes fresh, empty files for a step. */
export function prepareStepFiles(temp: string): StepFiles {
  const folder = join(temp, "_runner_file_commands");
  mkdirSync(folder, { recursive: true });
  const make = (kind: string) => {
    const path = join(folder, `${kind}_${randomUUID()}`);
    writeFileSync(path, "");
    return path;
  };
  return {
    output: make("set_output"),
    env: make("set_env"),
    path: make("add_path"),
    state: make("save_state"),
    summary: make("step_summary"),
  };
}

/** Reads what a step left; a file that cannot be read fails the step, a summary that is too long does not. */
export function readStepFiles(files: StepFiles): StepLeavings {
  const problems: string[] = [];
  const complaints: string[] = [];
  const pairs = (path: string, kind: string) => {
    try {
      return Object.fromEntries(parsePairs(readText(path)));
    } catch (thrown) {
      problems.push(`Unable to process file command '${kind}' successfully. ${messageOf(thrown)}`);
      return {};
    }
  };
  const env = pairs(files.env, "env");
  for (const name of Object.keys(env).filter(isBlockedVariable)) {
    problems.push(`Can't store ${name} output parameter using '$GITHUB_ENV' command.`);
    delete env[name];
  }
  const outputs = pairs(files.output, "output");
  const state = pairs(files.state, "state");
  const summary = readSummary(files.summary, complaints);
  return { outputs, env, state, paths: parsePaths(readText(files.path)), summary, problems, complaints };
}

function readSummary(path: string, complaints: string[]): string {
  const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (bytes <= maxSummaryBytes) return readText(path);
  const sizes = `${Math.ceil(maxSummaryBytes / 1024)}k, got ${Math.ceil(bytes / 1024)}k`;
  complaints.push(`$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of ${sizes}`);
  return "";
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
