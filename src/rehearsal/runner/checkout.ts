import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { ConfigError, OutsideError } from "../../core/errors.ts";

const run = promisify(execFile);

/** What `actions/checkout` is told. */
export interface CheckoutRequest {
  readonly inputs: Readonly<Record<string, string>>;
  readonly workspace: string;
  /** The repository of the run and its git folder. */
  readonly repository: string;
  readonly folder: string;
  readonly sha: string;
  readonly ref: string;
  onLine(line: string): void;
}

/** Brings the commit of the run, or the ref asked for, into the workspace; returns the step's outputs. */
export async function checkout(request: CheckoutRequest): Promise<Record<string, string>> {
  const { inputs, workspace, sha } = request;
  const repository = inputs.repository || request.repository;
  if (repository.toLowerCase() !== request.repository.toLowerCase()) {
    throw new ConfigError(
      `checkout of "${repository}" is not modelled: the rehearsal has ${request.repository}`,
    );
  }
  const target = join(workspace, inputs.path ?? "");
  if (target !== workspace && !target.startsWith(`${workspace}/`)) {
    throw new ConfigError(`Input "path" must stay in the workspace: got "${inputs.path}"`);
  }
  const wanted = inputs.ref || sha;
  empty(target);
  const commit = (
    await git(request.folder, ["rev-parse", "--verify", "--end-of-options", `${wanted}^{commit}`])
  ).trim();
  await git(target, ["init", "--quiet"]);
  await git(target, ["remote", "add", "origin", `file://${request.folder}`]);
  const depth = Number(inputs["fetch-depth"]);
  // A commit that no branch points at may be asked for, as on GitHub.
  const serve = "git -c uploadpack.allowAnySHA1InWant=true upload-pack";
  const fetch = [
    "fetch",
    "--quiet",
    `--upload-pack=${serve}`,
    "--no-tags",
    ...(depth > 0 ? [`--depth=${depth}`] : []),
  ];
  await git(target, [...fetch, "origin", depth > 0 ? commit : "+refs/heads/*:refs/remotes/origin/*", commit]);
  await git(target, [
    "-c",
    "advice.detachedHead=false",
    "checkout",
    "--quiet",
    "--force",
    "--detach",
    commit,
  ]);
  request.onLine(`HEAD is now at ${commit}`);
  return { ref: inputs.ref || request.ref, commit };
}

function empty(folder: string): void {
  if (existsSync(folder)) {
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
  }
  mkdirSync(folder, { recursive: true });
}

async function git(folder: string, args: readonly string[]): Promise<string> {
  try {
    // The job's checkout must not be steered by the configuration of whoever runs the rehearsal.
    const env = { ...process.env, GIT_TERMINAL_PROMPT: "0", GIT_DIR: undefined, GIT_WORK_TREE: undefined };
    const { stdout } = await run("git", ["-C", folder, "-c", "safe.directory=*", ...args], { env });
    return stdout;
  } catch (thrown) {
    const stderr =
      thrown instanceof Error && "stderr" in thrown ? String(thrown.stderr).trim() : String(thrown);
    throw new OutsideError(`git ${args[0]} failed: ${stderr.split("\n").slice(-3).join(" ")}`);
  }
}
