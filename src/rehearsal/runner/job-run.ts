import { messageOf } from "../../core/errors.ts";
import type { Annotation, JobConclusion, RunEvent, StepResult } from "./events.ts";
import { evaluateCondition, evaluateNode, evaluateNodeText, evaluateTexts } from "./expressions.ts";
import { idClaims } from "./id-claims.ts";
import { type JobKnowledge, jobScope } from "./job-contexts.ts";
import { type JobMachine, prepareMachine } from "./job-machine.ts";
import { jobOutputs, stepState } from "./job-outputs.ts";
import { type JobSetting, jobSecrets } from "./job-setting.ts";
import { Masks } from "./masks.ts";
import { postTurn } from "./post-turn.ts";
import { endLeftovers, killTree } from "./process-tree.ts";
import type { JobControl, RunContext } from "./run-context.ts";
import type { StepProcess } from "./step-process.ts";
import { runTurn, type StepTurn } from "./step-run.ts";

/** GitHub's limit for a job without a limit of its own. */
const defaultMinutes = 360;

/** What a job leaves behind. */
export interface JobEnd {
  readonly result: JobConclusion;
  readonly outputs: Readonly<Record<string, string>>;
  readonly steps: readonly StepResult[];
  readonly annotations: readonly Annotation[];
  readonly environmentUrl: string;
}

/** One job on its own machine, from the first step to the last post step. */
export class JobRun implements JobControl {
  readonly context: RunContext;
  readonly setting: JobSetting;
  readonly path: string;
  readonly machine: JobMachine;
  readonly masks = new Masks();
  readonly known: JobKnowledge;
  readonly idToken: { readonly url: string; readonly token: string } | undefined;
  readonly #steps: StepResult[] = [];
  readonly #annotations: Annotation[] = [];
  #paths: readonly string[] = [];
  #watched: { process: StepProcess; holds: () => boolean; wasCancelled: boolean } | undefined;
  #isLost = false;
  #isOver = false;

  constructor(setting: JobSetting) {
    this.context = setting.call.context;
    this.setting = setting;
    this.path = setting.path;
    this.machine = prepareMachine(this.context, setting.path);
    const { github } = this.context.options;
    const { permissions } = setting.planned;
    const token = github.issueToken({ permissions, actor: "github-actions[bot]" });
    this.idToken = permissions["id-token"] === "write" ? github.grantIdTokens(idClaims(setting)) : undefined;
    const secrets = jobSecrets(setting, token);
    for (const value of Object.values(secrets)) this.masks.add(value);
    if (this.idToken !== undefined) this.masks.add(this.idToken.token);
    this.known = {
      setting,
      machine: this.machine,
      secrets,
      token,
      status: "success",
      steps: new Map(),
      env: {},
    };
  }

  /** Folders that earlier steps put in front of PATH, the last one first. */
  get addedPaths(): readonly string[] {
    return this.#paths;
  }

  /** Whether the machine went away. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Whether nothing further may run. */
  get isStopped(): boolean {
    return this.#isLost || this.#isOver;
  }

  /** Tells the listener what happened. */
  emit(event: RunEvent): void {
    this.context.emit(event);
  }

  /** Runs all steps and says what became of the job. */
  async run(): Promise<JobEnd> {
    this.context.controls.set(this.path, this);
    // Between the start of the job and now the run may have been cancelled.
    if (this.context.isCancelled) this.cancel();
    const timer = this.#limitTime();
    try {
      this.#evaluateEnv();
      await this.#runSteps();
    } catch (thrown) {
      this.#fail(messageOf(thrown));
    } finally {
      clearTimeout(timer);
      this.context.controls.delete(this.path);
      await endLeftovers(this.machine.trackingId);
      this.context.options.github.revokeToken(this.known.token);
      if (this.idToken !== undefined) this.context.options.github.revokeIdTokens(this.idToken.token);
    }
    const outputs = this.#isLost ? {} : this.#outputs();
    return {
      result: this.#isLost ? "failure" : this.known.status,
      outputs,
      steps: this.#steps,
      annotations: this.#annotations,
      environmentUrl: this.#environmentUrl(),
    };
  }

  /** Follows a process, so that a cancelled run reaches it; the answer says whether it did. */
  watch(process: StepProcess, holds: () => boolean): () => boolean {
    const watched = { process, holds, wasCancelled: false };
    this.#watched = watched;
    if (this.isStopped) process.kill();
    return () => watched.wasCancelled;
  }

  /** Forgets the process that has ended. */
  unwatch(): void {
    this.#watched = undefined;
  }

  cancel(): void {
    const { condition } = this.setting.planned.syntax;
    // A job whose own condition still holds is not told at all, as on GitHub.
    const scope = { ...jobScope(this.known), status: { success: false, failure: false, cancelled: true } };
    if (condition !== undefined && evaluateCondition(condition, scope)) return;
    this.#stop();
  }

  end(): void {
    this.#isOver = true;
    this.known.status = "cancelled";
    this.#watched?.process.kill();
  }

  lose(): void {
    this.#isLost = true;
    this.#fail("The self-hosted runner lost communication with the server.");
    this.emit({ kind: "runner-lost", job: this.path, at: new Date() });
    this.#watched?.process.kill();
    killTree(undefined, this.machine.trackingId);
  }

  #stop(): void {
    this.known.status = "cancelled";
    const watched = this.#watched;
    if (watched === undefined || watched.holds()) return;
    watched.wasCancelled = true;
    watched.process.cancel();
  }

  #limitTime(): NodeJS.Timeout {
    const { timeoutMinutes } = this.setting.planned.syntax;
    const asked =
      timeoutMinutes === undefined ? defaultMinutes : evaluateNode(timeoutMinutes, jobScope(this.known));
    const minutes = Number(asked);
    return setTimeout(() => {
      this.#annotate({
        level: "error",
        message: `The job has exceeded the maximum execution time of ${minutes}m0s`,
      });
      this.#stop();
      setTimeout(() => this.end(), this.context.patience.wholeMs).unref();
    }, minutes * 60_000);
  }

  #evaluateEnv(): void {
    const { planned, call } = this.setting;
    Object.assign(this.known.env, evaluateTexts(call.file.env, jobScope(this.known)));
    Object.assign(this.known.env, evaluateTexts(planned.syntax.env, jobScope(this.known)));
  }

  async #runSteps(): Promise<void> {
    const posts: StepTurn[] = [];
    for (const planned of this.setting.planned.steps) {
      const number = this.#steps.length + 1;
      const { condition } = planned.syntax;
      const post = await this.#take({ planned, number, phase: "main", condition });
      if (post !== undefined) posts.unshift(post);
    }
    for (const post of posts) await this.#take({ ...post, number: this.#steps.length + 1 });
  }

  async #take(turn: StepTurn): Promise<StepTurn | undefined> {
    if (this.isStopped) return undefined;
    const { result, leavings, inputs } = await runTurn(this, turn);
    this.#steps.push(result);
    const { id, outcome, conclusion } = result;
    if (turn.phase === "main")
      this.known.steps.set(id, { outputs: { ...leavings?.outputs }, outcome, conclusion });
    Object.assign(this.known.env, leavings?.env);
    this.#paths = [...(leavings?.paths ?? []), ...this.#paths];
    if (conclusion === "failure" && this.known.status === "success") this.known.status = "failure";
    this.#publish(result);
    const wasRun = outcome !== "skipped" && turn.phase === "main";
    return wasRun ? postTurn(turn, leavings?.state ?? {}, inputs ?? {}) : undefined;
  }

  #publish(result: StepResult): void {
    const step = result.number;
    if (result.summary !== "") {
      this.context.summaries.push(result.summary);
      this.emit({ kind: "summary-written", job: this.path, step, markdown: result.summary, at: new Date() });
    }
    this.emit({ kind: "step-ended", job: this.path, step, result, at: new Date() });
    this.setting.api.steps = this.#steps.map(stepState);
  }

  #outputs(): Record<string, string> {
    try {
      const { outputs, warnings } = jobOutputs(this.known, this.masks);
      for (const message of warnings) this.#annotate({ level: "warning", message });
      return outputs;
    } catch (thrown) {
      this.#fail(messageOf(thrown));
      return {};
    }
  }

  #environmentUrl(): string {
    try {
      return evaluateNodeText(this.setting.environmentUrl, jobScope(this.known));
    } catch (thrown) {
      this.#annotate({ level: "warning", message: messageOf(thrown) });
      return "";
    }
  }

  #fail(message: string): void {
    this.#annotate({ level: "error", message });
    if (this.known.status === "success") this.known.status = "failure";
  }

  #annotate(annotation: Annotation): void {
    this.#annotations.push(annotation);
    this.emit({ kind: "annotation", job: this.path, annotation, at: new Date() });
  }
}
