import { execFileSync } from "node:child_process";

/** A commit as git knows it. */
export interface GitCommit {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly authorName: string;
  readonly authorEmail: string;
  readonly authoredAt: string;
  readonly message: string;
}

const format = "%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%B";

/** The commit a name stands for, undefined when there is none. */
export function readCommit(folder: string | undefined, ref: string): GitCommit | undefined {
  const out = git(folder, ["log", "-1", `--format=${format}`, "--end-of-options", `${ref}^{commit}`, "--"]);
  if (out === undefined) return undefined;
  const [
    sha = "",
    tree = "",
    parents = "",
    authorName = "",
    authorEmail = "",
    authoredAt = "",
    message = "",
  ] = out.split("\0");
  const parentList = parents.split(" ").filter((one) => one !== "");
  return { sha, tree, parents: parentList, authorName, authorEmail, authoredAt, message: message.trimEnd() };
}

/** The commits that `head` has and `base` has not, oldest first. */
export function commitsBetween(folder: string | undefined, base: string, head: string): readonly GitCommit[] {
  const out = git(folder, ["rev-list", "--reverse", `${base}..${head}`, "--"]) ?? "";
  return lines(out).flatMap((sha) => readCommit(folder, sha) ?? []);
}

/** The newest commit both sides have. */
export function mergeBase(folder: string | undefined, base: string, head: string): string | undefined {
  return git(folder, ["merge-base", base, head])?.trim();
}

/** Files that differ between two commits. */
export function changedFiles(folder: string | undefined, base: string, head: string) {
  return lines(git(folder, ["diff", "--numstat", "--no-renames", base, head, "--"]) ?? "").map((line) => {
    const [additions = "0", deletions = "0", filename = ""] = line.split("\t");
    return { filename, additions: Number(additions) || 0, deletions: Number(deletions) || 0 };
  });
}

/** What a full ref such as `refs/heads/main` points at. */
export function resolveRef(folder: string | undefined, ref: string): string | undefined {
  return git(folder, ["rev-parse", "--verify", "--quiet", "--end-of-options", ref])?.trim();
}

function lines(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}

/** What git says in a folder, or undefined when it refuses. */
export function git(folder: string | undefined, args: readonly string[]): string | undefined {
  if (folder === undefined) return undefined;
  try {
    return execFileSync("git", ["-C", folder, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch {
    return undefined;
  }
}
