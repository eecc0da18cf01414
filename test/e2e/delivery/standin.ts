import { type Github, startGithub } from "../../../src/rehearsal/github/server.ts";
import type { EnvironmentSeed, JobState, RunState } from "../../../src/rehearsal/github/state.ts";

/** One attempt of a run and the job in it that an action works for. */
export interface Job {
  readonly run: number;
  readonly attempt: number;
  readonly name: string;
}

/** GitHub as a case sees it: runs that are at work or over, environments, deployments. */
export interface StandIn {
  readonly github: Github;
  /** A token with the permissions of the workflows. */
  readonly token: string;
  /** Begins a run with one job that is in progress. */
  begin(job?: string): Job;
  /** Begins the next attempt of a run. */
  again(job: Job): Job;
  /** The job has ended, and with it the run. */
  complete(job: Job, conclusion?: "success" | "failure" | "cancelled"): void;
  close(): Promise<void>;
}

const environments: readonly EnvironmentSeed[] = [
  { name: "production", branches: ["main"], reviewers: ["rita"] },
  { name: "production-plan", branches: ["main"] },
  { name: "production-recovery", branches: ["main"] },
  { name: "staging", branches: ["main"] },
];

const permissions = { actions: "read", contents: "read", deployments: "write", packages: "read" } as const;

export const commit = "c0ffee0000000000000000000000000000c0ffee";
export const actor = "avery";

/** Starts a stand-in of its own for one case. */
export async function startStandIn(artifactFolder: string): Promise<StandIn> {
  const github = await startGithub({ owner: "acme", name: "web", environments, artifactFolder });
  const { state } = github;
  return {
    github,
    token: github.issueToken({ permissions, actor }),
    begin: (name = "deploy") => {
      const run = newRun(github);
      state.runs.set(run.id, run);
      run.jobs.push(newJob(github, { name, attempt: 1 }));
      return { run: run.id, attempt: 1, name };
    },
    again: ({ run, name }) => {
      const known = mustFind(github, run);
      known.attempt++;
      known.status = "in_progress";
      known.conclusion = null;
      known.jobs.push(newJob(github, { name, attempt: known.attempt }));
      return { run, attempt: known.attempt, name };
    },
    complete: ({ run, attempt, name }, conclusion = "success") => {
      const known = mustFind(github, run);
      const ended = { status: "completed", conclusion } as const;
      Object.assign(known, ended, { updatedAt: state.now() });
      const job = known.jobs.find((one) => one.attempt === attempt && one.name === name);
      if (job !== undefined) Object.assign(job, ended, { completedAt: state.now() });
    },
    close: () => github.close(),
  };
}

function mustFind({ state }: Github, id: number): RunState {
  const run = state.runs.get(id);
  if (run === undefined) throw new Error(`There is no run ${id}`);
  return run;
}

function newRun({ state }: Github): RunState {
  const now = state.now();
  return {
    id: state.nextId(),
    number: state.runs.size + 1,
    attempt: 1,
    name: "deploy",
    title: "deploy",
    path: ".github/workflows/deploy.yml",
    event: "push",
    headSha: commit,
    headBranch: "main",
    actor,
    status: "in_progress",
    conclusion: null,
    createdAt: now,
    updatedAt: now,
    approvals: [{ environments: ["production"], state: "approved", user: "rita", comment: "" }],
    pending: [],
    jobs: [],
  };
}

function newJob({ state }: Github, { name, attempt }: { name: string; attempt: number }): JobState {
  const now = state.now();
  return {
    id: state.nextId(),
    attempt,
    name,
    status: "in_progress",
    conclusion: null,
    createdAt: now,
    startedAt: now,
    completedAt: null,
    steps: [],
  };
}
