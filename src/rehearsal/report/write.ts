import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Outcome, Scenario } from "../scenarios/scenario.ts";
import { renderPage } from "./page.ts";
import type { RunRecord } from "./record.ts";

export interface ReportInput {
  readonly scenario: Pick<Scenario, "name" | "breaks">;
  readonly outcome: Outcome;
  readonly differences: readonly string[];
  readonly record: RunRecord;
}

/** Writes the report's page and returns its path. The page opens without a network. */
export async function writeReport(folder: string, input: ReportInput): Promise<string> {
  await mkdir(folder, { recursive: true });
  const page = join(folder, "index.html");
  await writeFile(page, renderPage(input));
  return resolve(page);
}
