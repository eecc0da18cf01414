import type { Github } from "../github/server.ts";
import type { Slots } from "./concurrency.ts";
import type { ApprovalAnswer, ApprovalQuestion, RunEvent, RunResult } from "./events.ts";
import type { Json } from "./expressions.ts";
import type { Permissions } from "./permissions.ts";
import type { Patience } from "./step-process.ts";

/** One event for one workflow of the application's repository. */
export interface RunOptions {
  /** Our own checkout: its workflows, actions and dist are used as they stand. */
  readonly sluiceRoot: string;
  /** `owner/name` under which callers know it. */
  readonly sluiceRepository: string;
  readonly sluiceRef?: string;
  readonly app: AppRepository;
  /** Path of the workflow in the application's repository. */
  readonly workflow: string;
  readonly event: { readonly name: string; readonly payload?: { readonly [key: string]: Json } };
  /** Inputs of `workflow_dispatch`. */
  readonly inputs?: Readonly<Record<string, Json>>;
  /** Secrets and variables of the repository; those of environments belong to the stand-in. */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly vars?: Readonly<Record<string, string>>;
  readonly actor?: string;
  /** Added to the environment of every step; `PATH` replaces the machine's. */
  readonly env?: Readonly<Record<string, string>>;
  readonly github: Github;
  /** Folder for workspaces, temporary files and logs of the run. */
  readonly workFolder: string;
  readonly toolCache?: string;
  /** Permissions of a token when nothing is declared. */
  readonly defaultPermissions?: Permissions;
  /** Concurrency groups shared with other runs of the repository. */
  readonly slots?: Slots;
  readonly patience?: Patience;
  /** A finished run whose failed jobs are run again. */
  readonly rerunFailedOf?: RunResult;
  /** Aborting it is pressing "Cancel workflow". */
  readonly signal?: AbortSignal;
  onEvent?(event: RunEvent): void;
  /** Asked once per job that reaches an environment with required reviewers. */
  approve(question: ApprovalQuestion): Promise<ApprovalAnswer>;
}

/** The application's repository at one commit. */
export interface AppRepository {
  readonly folder: string;
  /** `owner/name`, as in `acme/web`. */
  readonly repository: string;
  /** The commit; HEAD when absent. */
  readonly sha?: string;
  /** The full ref of the event; `refs/heads/main` when absent. */
  readonly ref?: string;
}
