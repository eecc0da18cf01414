import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { findRoute } from "../../../src/rehearsal/github/router.ts";
import { type Github, routes, startGithub } from "../../../src/rehearsal/github/server.ts";
import type { JobState, RunState } from "../../../src/rehearsal/github/state.ts";
import { faultsOf } from "./description.ts";

/** The repository all tests here ask for. */
export const base = "/repos/acme/web";

const scopes = ["actions", "contents", "deployments", "issues", "security-events"] as const;
/** Permissions that suffice for every endpoint. */
export const all = Object.fromEntries(scopes.map((scope) => [scope, "write"] as const));

// biome-ignore lint/suspicious/noExplicitAny: what comes back is compared with what is expected, field by field.
export type Reply = any;

/** A stand-in over a git folder with two commits, one run and three environments. */
export interface Api {
  readonly github: Github;
  readonly root: string;
  readonly sha: string;
  readonly parent: string;
  readonly run: RunState;
  /** Asks, and holds request and answer against GitHub's description. */
  ask(method: string, path: string, body?: unknown, as?: string): Promise<{ status: number; body: Reply }>;
}

/** The stand-in of one test file, started before its tests and ended after them. */
export function useApi(): () => Api {
  let api: Api | undefined;
  beforeAll(async () => {
    api = await openApi();
  });
  afterAll(async () => {
    await api?.github.close();
    if (api !== undefined) rmSync(api.root, { recursive: true, force: true });
  });
  return () => {
    if (api === undefined) throw new Error("the stand-in is not up");
    return api;
  };
}

const environments = [
  {
    name: "production",
    reviewers: ["alice", "bob"],
    preventSelfReview: true,
    branches: ["main", "release/*"],
  },
  { name: "staging", branches: "protected" as const },
  { name: "odd", waitMinutes: 5, customRules: ["change-board"], canAdminsBypass: true },
];

async function openApi(): Promise<Api> {
  const root = mkdtempSync(join(tmpdir(), "github-"));
  const person = ["-c", "user.name=T", "-c", "user.email=t@example.com"];
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", root, ...person, ...args], { encoding: "utf8" });
  git("init", "--quiet", "--initial-branch=main");
  for (const name of ["one", "two"]) {
    writeFileSync(join(root, "a.txt"), name);
    git("add", "a.txt");
    git("commit", "--quiet", `--message=${name}`);
  }
  const [sha, parent] = [git("rev-parse", "HEAD").trim(), git("rev-parse", "HEAD^").trim()];
  const seed = { owner: "acme", name: "web", folder: root, environments };
  const github = await startGithub({ ...seed, artifactFolder: join(root, "store") });
  const token = github.issueToken({ permissions: all, actor: "alice" });
  const run = addRun(github, sha);
  const ask: Api["ask"] = (method, path, body, as = token) => exchange(github, { method, path, body, as });
  return { github, root, sha, parent, run, ask };
}

async function exchange(
  github: Github,
  { method, path, body, as }: { method: string; path: string; body: unknown; as: string },
): Promise<{ status: number; body: Reply }> {
  const url = new URL(`${github.apiUrl}${path}`);
  const init = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(url, { method, headers: { authorization: `Bearer ${as}` }, ...init });
  const answer: Reply = await response.json();
  const described = findRoute(routes, method, url.pathname)?.route.path ?? url.pathname;
  const { status } = response;
  expect(faultsOf({ method, path: described, query: url.searchParams, body, status, answer })).toEqual([]);
  return { status, body: answer };
}

function addRun({ state }: Github, sha: string): RunState {
  const now = state.now();
  const done = { status: "completed" as const, conclusion: "success" as const };
  const step = { number: 1, name: "Run x", ...done, startedAt: now, completedAt: now };
  const times = { createdAt: now, startedAt: now, completedAt: now };
  const job = (attempt: number): JobState => ({
    id: 500 + attempt,
    attempt,
    name: "one",
    ...done,
    ...times,
    steps: [step],
  });
  const made: RunState = {
    ...{ id: 77, number: 1, attempt: 2, name: "deploy", title: "Deploy", path: ".github/workflows/ci.yml" },
    ...{
      event: "push",
      headSha: sha,
      headBranch: "main",
      actor: "developer",
      createdAt: now,
      updatedAt: now,
    },
    status: "in_progress",
    conclusion: null,
    approvals: [{ environments: ["production"], state: "approved", user: "bob", comment: "fine" }],
    pending: [],
    jobs: [job(1), job(2)],
  };
  state.runs.set(made.id, made);
  return made;
}
