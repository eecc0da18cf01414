import { gzipSync } from "node:zlib";
import { messageOf } from "../core/errors.ts";
import { listAt, textAt } from "../core/json.ts";
import type { Clock } from "./clock.ts";
import { type GithubApi, GithubRefusal } from "./github-api.ts";

export interface SarifUpload {
  readonly sarif: string;
  readonly commit: string;
  /** The full name of the branch or pull request, such as `refs/heads/main`. */
  readonly ref: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** What became of an upload. Code scanning shows findings, it does not judge them: nothing here changes a verdict. */
export type UploadOutcome =
  | { readonly kind: "uploaded"; readonly id: string }
  | { readonly kind: "waiting"; readonly id: string }
  | { readonly kind: "refused"; readonly reason: string };

/** GitHub takes no larger file, measured after gzip. */
const maxGzipBytes = 10 * 1024 * 1024;
const waitsMs = [2_000, 5_000, 10_000, 20_000];

/** Hands SARIF to code scanning and waits a bounded time for its answer. */
export async function uploadSarif(
  github: GithubApi,
  upload: SarifUpload,
  clock: Clock,
): Promise<UploadOutcome> {
  const zipped = gzipSync(upload.sarif);
  if (zipped.length > maxGzipBytes) {
    return {
      kind: "refused",
      reason: `the SARIF file has ${zipped.length} bytes after gzip, allowed ${maxGzipBytes}`,
    };
  }
  try {
    const answer = await github.request("POST /repos/{owner}/{repo}/code-scanning/sarifs", {
      commit_sha: upload.commit,
      ref: upload.ref,
      sarif: zipped.toString("base64"),
      started_at: upload.startedAt,
      validate: true,
    });
    return await waitUntilProcessed(github, textAt(answer, "id") ?? "", clock);
  } catch (error) {
    return { kind: "refused", reason: reasonOf(error) };
  }
}

async function waitUntilProcessed(github: GithubApi, id: string, clock: Clock): Promise<UploadOutcome> {
  if (id === "") return { kind: "refused", reason: "GitHub named no id for the upload" };
  for (const waitMs of waitsMs) {
    const answer = await github.request("GET /repos/{owner}/{repo}/code-scanning/sarifs/{sarif_id}", {
      sarif_id: id,
    });
    const status = textAt(answer, "processing_status");
    if (status === "complete") return { kind: "uploaded", id };
    if (status === "failed") return { kind: "refused", reason: listAt(answer, "errors").join("; ") };
    await clock.sleep(waitMs);
  }
  return { kind: "waiting", id };
}

/** A token may not write security events on forks, and a private repository may not have code scanning at all. */
function reasonOf(error: unknown): string {
  const status = error instanceof GithubRefusal ? error.status : undefined;
  const hints: Readonly<Record<number, string>> = {
    403: "the token lacks security-events: write, or code scanning is not enabled",
    404: "code scanning is not enabled for this repository, or the token may not see it",
  };
  const hint = hints[status ?? 0];
  return hint === undefined ? messageOf(error) : `${hint} (${messageOf(error)})`;
}
