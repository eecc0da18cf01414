import type { SarifUpload } from "./sarif.ts";

/** An environment as the stand-in is told about it; what is left out is off. */
export interface EnvironmentSeed {
  readonly name: string;
  /** Logins of required reviewers; none means no approval. */
  readonly reviewers?: readonly string[];
  readonly preventSelfReview?: boolean;
  readonly waitMinutes?: number;
  /** `protected` branches only, or patterns; left out, every branch may deploy. */
  readonly branches?: "protected" | readonly string[];
  /** Slugs of apps with a custom deployment protection rule. */
  readonly customRules?: readonly string[];
  readonly canAdminsBypass?: boolean;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly vars?: Readonly<Record<string, string>>;
}

/** An environment of the repository. */
export interface EnvironmentState extends EnvironmentSeed {
  readonly id: number;
  readonly createdAt: string;
}

/** The repository the stand-in answers for. */
export interface RepositoryState {
  readonly id: number;
  readonly owner: string;
  readonly ownerId: number;
  readonly name: string;
  readonly defaultBranch: string;
  /** Its git folder: commits, comparisons and refs are read from it. */
  readonly folder?: string;
  readonly createdAt: string;
}

/** The result of a job or run, as GitHub words it. */
export type Conclusion = "success" | "failure" | "cancelled" | "skipped" | "startup_failure";

/** What the API says a job or run is doing. */
export type RunStatus = "queued" | "in_progress" | "completed" | "waiting" | "pending";

/** One run of a workflow. */
export interface RunState {
  readonly id: number;
  readonly number: number;
  attempt: number;
  readonly name: string;
  readonly title: string;
  readonly path: string;
  readonly event: string;
  readonly headSha: string;
  readonly headBranch: string;
  readonly actor: string;
  status: RunStatus;
  conclusion: Conclusion | null;
  readonly createdAt: string;
  updatedAt: string;
  readonly approvals: ApprovalState[];
  readonly pending: PendingDeployment[];
  readonly jobs: JobState[];
}

/** One job of one attempt. */
export interface JobState {
  readonly id: number;
  readonly attempt: number;
  readonly name: string;
  status: RunStatus;
  conclusion: Conclusion | null;
  readonly createdAt: string;
  startedAt: string;
  completedAt: string | null;
  steps: readonly StepState[];
}

/** One step of a job. */
export interface StepState {
  readonly number: number;
  readonly name: string;
  readonly status: "queued" | "in_progress" | "completed";
  readonly conclusion: Conclusion | null;
  readonly startedAt: string | null;
  readonly completedAt: string | null;
}

/** Somebody's answer for environments that waited. */
export interface ApprovalState {
  readonly environments: readonly string[];
  readonly state: "approved" | "rejected";
  readonly user: string;
  readonly comment: string;
}

/** A job that waits for somebody; `answer` may be called by the API and by the runner, the first one counts. */
export interface PendingDeployment {
  readonly environment: string;
  readonly waitingSince: string;
  answer(approval: Omit<ApprovalState, "environments">): void;
}

/** A deployment made by API. */
export interface DeploymentState {
  readonly id: number;
  readonly sha: string;
  readonly ref: string;
  readonly task: string;
  readonly payload: unknown;
  readonly environment: string;
  readonly description: string | null;
  readonly isProduction: boolean;
  readonly isTransient: boolean;
  readonly creator: string;
  readonly createdAt: string;
  updatedAt: string;
  readonly statuses: DeploymentStatusState[];
}

/** One status of a deployment. */
export interface DeploymentStatusState {
  readonly id: number;
  readonly state: string;
  readonly description: string;
  readonly environment: string;
  readonly environmentUrl: string;
  readonly logUrl: string;
  readonly creator: string;
  readonly createdAt: string;
}

/** An issue with its comments. */
export interface IssueState {
  readonly id: number;
  readonly number: number;
  title: string;
  body: string | null;
  state: "open" | "closed";
  labels: string[];
  readonly creator: string;
  readonly createdAt: string;
  updatedAt: string;
  closedAt: string | null;
  readonly comments: CommentState[];
}

/** One comment of an issue. */
export interface CommentState {
  readonly id: number;
  readonly body: string;
  readonly creator: string;
  readonly createdAt: string;
}

/** One stored artifact. */
export interface ArtifactState {
  readonly id: number;
  readonly name: string;
  readonly runId: number;
  readonly folder: string;
  readonly files: readonly string[];
  readonly bytes: number;
  readonly digest: string;
  readonly createdAt: string;
  readonly expiresAt: string;
}

/** Everything the stand-in knows; scenarios and assertions may look at and change it. */
export interface GithubState {
  readonly repository: RepositoryState;
  readonly environments: Map<string, EnvironmentState>;
  readonly runs: Map<number, RunState>;
  readonly deployments: DeploymentState[];
  readonly issues: IssueState[];
  readonly sarifs: SarifUpload[];
  readonly artifacts: ArtifactState[];
  readonly users: Map<string, number>;
  /** Refs made by API, beside those of the git folder. */
  readonly refs: Map<string, string>;
  /** Every request that was answered, oldest first. */
  readonly requests: { readonly method: string; readonly path: string; readonly status: number }[];
  nextId(): number;
  now(): string;
}

/** What a stand-in starts with. */
export interface GithubSeed {
  readonly owner: string;
  readonly name: string;
  readonly defaultBranch?: string;
  readonly folder?: string;
  readonly environments?: readonly EnvironmentSeed[];
  readonly now?: () => Date;
}

/** The state of a fresh stand-in. */
export function seedState(seed: GithubSeed): GithubState {
  let last = 1_000;
  const nextId = () => ++last;
  const now = () => (seed.now?.() ?? new Date()).toISOString().replace(/\.\d+Z$/, "Z");
  const state: GithubState = {
    repository: {
      id: nextId(),
      owner: seed.owner,
      ownerId: nextId(),
      name: seed.name,
      defaultBranch: seed.defaultBranch ?? "main",
      ...(seed.folder === undefined ? {} : { folder: seed.folder }),
      createdAt: now(),
    },
    environments: new Map(),
    runs: new Map(),
    deployments: [],
    issues: [],
    sarifs: [],
    artifacts: [],
    users: new Map(),
    refs: new Map(),
    requests: [],
    nextId,
    now,
  };
  for (const environment of seed.environments ?? []) addEnvironment(state, environment);
  return state;
}

/** Makes or replaces an environment. */
export function addEnvironment(state: GithubState, seed: EnvironmentSeed): EnvironmentState {
  const made: EnvironmentState = { ...seed, id: state.nextId(), createdAt: state.now() };
  state.environments.set(seed.name.toLowerCase(), made);
  return made;
}

/** The environment of that name; names ignore case. */
export function findEnvironment(state: GithubState, name: string): EnvironmentState | undefined {
  return state.environments.get(name.toLowerCase());
}

/** The number of a user, made up on first sight. */
export function userId(state: GithubState, login: string): number {
  const known = state.users.get(login);
  if (known !== undefined) return known;
  const made = login === state.repository.owner ? state.repository.ownerId : state.nextId();
  state.users.set(login, made);
  return made;
}
