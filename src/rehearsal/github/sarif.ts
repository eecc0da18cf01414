import { createHash, randomUUID } from "node:crypto";
import { gunzipSync } from "node:zlib";

/** One SARIF file as it was uploaded. */
export interface SarifUpload {
  readonly id: string;
  readonly commitSha: string;
  readonly ref: string;
  readonly results: number;
  readonly errors: readonly string[];
  readonly sha256: string;
  readonly text: string;
}

/** GitHub refuses more runs than this in one file. */
const maxRuns = 20;

/** Reads an upload as code scanning does: base64 of gzip of SARIF 2.1.0. */
export function readSarif(fields: { commitSha: string; ref: string; sarif: string }): SarifUpload {
  const bytes = Buffer.from(fields.sarif, "base64");
  const base = { id: randomUUID(), commitSha: fields.commitSha, ref: fields.ref };
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  let text = "";
  try {
    text = gunzipSync(bytes).toString("utf8");
  } catch {
    return { ...base, results: 0, errors: ["the SARIF file is not gzip in base64"], sha256, text };
  }
  const { results, errors } = countResults(text);
  return { ...base, results, errors, sha256, text };
}

function countResults(text: string): { results: number; errors: readonly string[] } {
  try {
    const sarif: unknown = JSON.parse(text);
    const runs = list(field(sarif, "runs"));
    if (field(sarif, "version") !== "2.1.0")
      return { results: 0, errors: ["the SARIF version is not 2.1.0"] };
    if (runs.length > maxRuns) return { results: 0, errors: [`${runs.length} runs exceed ${maxRuns}`] };
    return {
      results: runs.reduce<number>((sum, run) => sum + list(field(run, "results")).length, 0),
      errors: [],
    };
  } catch {
    return { results: 0, errors: ["the SARIF file is not JSON"] };
  }
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
