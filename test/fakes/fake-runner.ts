import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import type { Annotation, Runner } from "../../src/platform/github-runner.ts";

export interface FakeRunner extends Runner {
  readonly outputs: Readonly<Record<string, string>>;
  readonly masked: readonly string[];
  readonly said: readonly string[];
  readonly annotations: readonly Annotation[];
  readonly summaries: readonly string[];
  /** Sentence of the failed step; undefined when it was green. */
  readonly failure: () => string | undefined;
}

/** A runner in a temporary folder. Inputs that are not given have the defaults of the action's action.yml. */
export function fakeRunner(action: string, given: Readonly<Record<string, string>>): FakeRunner {
  const defaults = defaultsOf(action);
  for (const name of Object.keys(given)) {
    if (!(name in defaults)) throw new Error(`${action} does not declare the input ${name}`);
  }
  const outputs: Record<string, string> = {};
  const masked: string[] = [];
  const said: string[] = [];
  const annotations: Annotation[] = [];
  const summaries: string[] = [];
  let failure: string | undefined;
  return {
    env: { ...process.env, RUNNER_TEMP: mkdtempSync(join(tmpdir(), "sluice-test-")) },
    outputs,
    masked,
    said,
    annotations,
    summaries,
    failure: () => failure,
    get: (name) => {
      const text = given[name] ?? defaults[name];
      if (text === undefined) throw new Error(`${action} does not declare the input ${name}`);
      return text.trim();
    },
    setOutput: (name, value) => {
      outputs[name] = value;
    },
    mask: (secret) => masked.push(secret),
    info: (line) => said.push(line),
    debug: () => undefined,
    annotate: (annotation) => annotations.push(annotation),
    group: (_title, body) => body(),
    printForeign: (lines) => said.push(...lines),
    appendSummary: async (markdown) => {
      summaries.push(markdown);
    },
    idToken: () => Promise.reject(new Error("this runner gives no ID tokens")),
    setFailed: (sentence) => {
      failure = sentence;
    },
  };
}

function defaultsOf(action: string): Record<string, string> {
  const file = new URL(`../../actions/${action}/action.yml`, import.meta.url);
  const { inputs } = parse(readFileSync(file, "utf8")) as { inputs: Record<string, { default?: string }> };
  return Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.default ?? ""]));
}
