import type { JobState, RunState } from "../github/state.ts";
import { Slots } from "./concurrency.ts";
import type { Annotation, RunEvent } from "./events.ts";
import type { Json } from "./expressions.ts";
import type { RunOptions } from "./run-options.ts";
import type { Sources } from "./source.ts";
import { githubPatience, type Patience } from "./step-process.ts";

/** What the run may do to a job while it runs. */
export interface JobControl {
  /** Tells the job that the run was cancelled. */
  cancel(): void;
  /** Ends everything the job still does: GitHub's five minutes are over. */
  end(): void;
  /** Takes the machine away: no further step of the job runs. */
  lose(): void;
}

/** Everything the jobs of one run share. */
export class RunContext {
  readonly options: RunOptions;
  readonly sources: Sources;
  readonly run: RunState;
  readonly slots: Slots;
  readonly patience: Patience;
  readonly annotations: Annotation[] = [];
  readonly controls = new Map<string, JobControl>();
  /** Groups of the whole run, released when it ends. */
  readonly summaries: string[] = [];
  #isCancelled = false;
  #isOver = false;
  #wakers = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RunOptions, sources: Sources, run: RunState) {
    this.options = options;
    this.sources = sources;
    this.run = run;
    this.slots = options.slots ?? new Slots();
    this.patience = options.patience ?? githubPatience;
  }

  /** Whether somebody pressed "Cancel workflow". */
  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** Whether the time GitHub grants a cancelled run has passed. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Tells the listener what happened. */
  emit(event: RunEvent): void {
    this.options.onEvent?.(event);
  }

  /** Cancels the run: running jobs are told, waiting ones stop waiting, and after some minutes all is ended. */
  cancel(reason: string): void {
    if (this.#isCancelled) return;
    this.#isCancelled = true;
    this.emit({ kind: "run-cancelled", reason, at: new Date() });
    for (const wake of this.#wakers) wake();
    for (const control of this.controls.values()) control.cancel();
    this.#timer = setTimeout(() => this.#end(), this.patience.wholeMs);
  }

  /** Calls back when the run is cancelled; the answer stops listening. */
  onCancel(wake: () => void): () => void {
    this.#wakers.add(wake);
    return () => this.#wakers.delete(wake);
  }

  /** Forgets the timer when the run has ended by itself. */
  close(): void {
    clearTimeout(this.#timer);
  }

  /** Adds a message to the run's page. */
  annotate(job: string, annotation: Annotation): void {
    this.annotations.push(annotation);
    this.emit({ kind: "annotation", job, annotation, at: new Date() });
  }

  /** Enters a job into the API's list. */
  openJob(name: string): JobState {
    const now = this.options.github.state.now();
    const job: JobState = {
      id: this.options.github.state.nextId(),
      attempt: this.run.attempt,
      name,
      status: "queued",
      conclusion: null,
      createdAt: now,
      startedAt: now,
      completedAt: null,
      steps: [],
    };
    this.run.jobs.push(job);
    return job;
  }

  #end(): void {
    this.#isOver = true;
    for (const control of this.controls.values()) control.end();
  }
}

/** The parts of the `github` context that are the same in all jobs of a run. */
export function githubContext(context: RunContext): Record<string, Json> {
  const { options, sources, run } = context;
  const { repository, sha, ref } = sources.app;
  const [owner = ""] = repository.split("/");
  const { state, apiUrl } = options.github;
  const isTag = ref.startsWith("refs/tags/");
  return {
    repository,
    repository_owner: owner,
    repository_id: String(state.repository.id),
    repository_owner_id: String(state.repository.ownerId),
    repositoryUrl: `git://github.com/${repository}.git`,
    repository_visibility: "private",
    run_id: String(run.id),
    run_number: String(run.number),
    run_attempt: String(run.attempt),
    retention_days: "90",
    actor: run.actor,
    actor_id: String(state.users.get(run.actor) ?? 0),
    triggering_actor: run.actor,
    workflow: run.name,
    workflow_ref: `${repository}/${run.path}@${ref}`,
    workflow_sha: sha,
    event_name: options.event.name,
    event: eventPayload(options),
    head_ref: "",
    base_ref: "",
    ref,
    ref_name: ref.replace(/^refs\/(heads|tags)\//, ""),
    ref_type: isTag ? "tag" : "branch",
    ref_protected: ref === `refs/heads/${state.repository.defaultBranch}`,
    sha,
    server_url: "https://github.com",
    api_url: apiUrl,
    graphql_url: `${apiUrl}/graphql`,
    secret_source: "Actions",
  };
}

/** The payload of the event; inputs of a dispatch are texts in it. */
export function eventPayload(options: RunOptions): Record<string, Json> {
  const repository = {
    full_name: options.app.repository,
    default_branch: options.github.state.repository.defaultBranch,
  };
  const inputs = Object.fromEntries(
    Object.entries(options.inputs ?? {}).map(([key, value]) => [key, String(value)]),
  );
  const dispatch = options.event.name === "workflow_dispatch" ? { inputs } : {};
  return { repository, ...dispatch, ...options.event.payload };
}
