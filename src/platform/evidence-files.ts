import { glob, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError, messageOf } from "../core/errors.ts";
import type { Evidence, EvidenceRun } from "../domain/evidence/evidence.ts";
import { parseEvidence } from "./evidence-schema.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** The run as the runner's environment tells it. */
export function runOf(env: Env): EvidenceRun {
  const repository = env.GITHUB_REPOSITORY ?? "";
  const runId = env.GITHUB_RUN_ID ?? "";
  return {
    repository,
    commit: env.GITHUB_SHA ?? "",
    runId,
    attempt: Number(env.GITHUB_RUN_ATTEMPT ?? "1"),
    job: env.GITHUB_JOB ?? "",
    actor: env.GITHUB_ACTOR ?? "",
    url: `${env.GITHUB_SERVER_URL ?? "https://github.com"}/${repository}/actions/runs/${runId}`,
  };
}

/**
 * Writes the evidence to `$RUNNER_TEMP/sluice/<action>-<n>.json`, n the first number that is free, and a drawing of it
 * beside it as `.svg`.
 */
export async function writeEvidence(env: Env, evidence: Evidence, drawing?: string): Promise<string> {
  const folder = join(env.RUNNER_TEMP ?? "/tmp", "sluice");
  await mkdir(folder, { recursive: true });
  const text = `${JSON.stringify(evidence, null, 2)}\n`;
  for (let n = 1; ; n++) {
    const path = join(folder, `${evidence.action}-${n}.json`);
    try {
      await writeFile(path, text, { flag: "wx" });
      if (drawing !== undefined) await writeFile(drawingOf(path), drawing);
      return path;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
  }
}

/** The path of the drawing that belongs to an evidence file. */
export function drawingOf(path: string): string {
  return path.replace(/\.json$/, ".svg");
}

/** Reads the evidence files that paths and globs name, one a line. A pattern that matches nothing is refused. */
export async function readEvidence(patterns: readonly string[]): Promise<readonly Evidence[]> {
  const found: Evidence[] = [];
  for (const pattern of patterns) {
    const paths = await Array.fromAsync(glob(pattern));
    if (paths.length === 0)
      throw new ConfigError(`Input "evidence" must name evidence files: nothing matches "${pattern}"`);
    for (const path of paths.toSorted()) found.push(await readOne(path));
  }
  return found;
}

/** Reads the one evidence file that an input names. */
export async function readEvidenceFile(input: string, path: string): Promise<Evidence> {
  return await readOne(path, `Input "${input}" must name an evidence file of sluice`);
}

async function readOne(
  path: string,
  rule = 'Input "evidence" must name evidence files of sluice',
): Promise<Evidence> {
  try {
    return parseEvidence(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    throw new ConfigError(`${rule}: ${path}: ${messageOf(error)}`);
  }
}
