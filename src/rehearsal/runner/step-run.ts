import { messageOf } from "../../core/errors.ts";
import type { JobConclusion, StepResult } from "./events.ts";
import { evaluate, evaluateCondition, evaluateNode, evaluateTexts, type Scope } from "./expressions.ts";
import { jobScope } from "./job-contexts.ts";
import type { JobRun } from "./job-run.ts";
import { playModelled } from "./modelled-step.ts";
import { literalText, type Node } from "./node.ts";
import type { PlannedStep } from "./plan.ts";
import { type StepFiles, stepEnvironment } from "./step-environment.ts";
import { prepareStepFiles, readStepFiles, type StepLeavings } from "./step-files.ts";
import { StepLog } from "./step-log.ts";
import { githubStepName } from "./step-name.ts";
import { StepProcess } from "./step-process.ts";
import { actionInputs, type StepStart, startOfAction, startOfScript } from "./step-start.ts";

/** One entry of a job's list of steps. */
export interface StepTurn {
  readonly planned: PlannedStep;
  readonly number: number;
  readonly phase: "main" | "post";
  /** The script of an action to start; that of `main` when absent. */
  readonly script?: string;
  readonly condition: Node | undefined;
  /** Inputs evaluated by the main step, for its post step. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** What `GITHUB_STATE` kept. */
  readonly state?: Readonly<Record<string, string>>;
}

/** How a turn ended, beyond what others may see. */
export interface TurnEnd {
  readonly result: StepResult;
  readonly leavings?: StepLeavings;
  readonly inputs?: Readonly<Record<string, string>>;
}

/** Runs one step of a job, or skips it when its condition does not hold. */
export async function runTurn(job: JobRun, turn: StepTurn): Promise<TurnEnd> {
  const one = new StepRun(job, turn);
  return one.run();
}

class StepRun {
  readonly #job: JobRun;
  readonly #turn: StepTurn;
  readonly #log: StepLog;
  readonly #startedAt = new Date();
  #name: string;
  #stepEnv: Record<string, string> = {};
  #inputs: Readonly<Record<string, string>> | undefined;
  #timedOut: number | undefined;

  constructor(job: JobRun, turn: StepTurn) {
    this.#job = job;
    this.#turn = turn;
    this.#name = githubStepName(turn.planned, turn.phase, this.#scope());
    const at = { job: job.path, step: turn.number };
    this.#log = new StepLog(job.masks, {
      line: (line, format) => job.emit({ kind: "log", ...at, line, format, at: new Date() }),
      annotation: (annotation) => job.emit({ kind: "annotation", ...at, annotation, at: new Date() }),
    });
  }

  async run(): Promise<TurnEnd> {
    let holds = false;
    let problem: string | undefined;
    try {
      this.#stepEnv = evaluateTexts(this.#turn.planned.syntax.env, this.#scope());
      holds = this.#holds();
    } catch (thrown) {
      problem = messageOf(thrown);
    }
    if (!holds && problem === undefined) return this.#end("skipped");
    this.#job.emit({
      kind: "step-started",
      job: this.#job.path,
      step: this.#turn.number,
      name: this.#job.masks.mask(this.#name),
      at: this.#startedAt,
    });
    const files = prepareStepFiles(this.#job.machine.temp);
    const outcome = problem === undefined ? await this.#execute(files) : this.#fail(problem);
    return this.#collect(files, outcome);
  }

  #scope(): Scope {
    return jobScope(this.#job.known, this.#turn.planned, this.#stepEnv);
  }

  // Asked again when the run is cancelled: a step whose condition still holds goes on.
  #holds(): boolean {
    return evaluateCondition(this.#turn.condition, this.#scope());
  }

  async #execute(files: StepFiles): Promise<JobConclusion> {
    try {
      const { planned } = this.#turn;
      if (planned.kind === "modelled") return await this.#play(planned, files);
      return await this.#spawn(this.#start(planned), files);
    } catch (thrown) {
      return this.#fail(messageOf(thrown));
    }
  }

  async #play(planned: PlannedStep & { kind: "modelled" }, files: StepFiles): Promise<JobConclusion> {
    await playModelled(this.#job, planned, { scope: this.#scope(), files, log: this.#log });
    return this.#job.isStopped ? "cancelled" : "success";
  }

  #start(planned: Exclude<PlannedStep, { kind: "modelled" }>): StepStart {
    const { machine, setting } = this.#job;
    if (planned.kind === "run") {
      const defaults = [setting.planned.syntax.defaults, setting.call.file.defaults];
      return startOfScript(planned, this.#scope(), { machine, defaults });
    }
    const { inputs, warnings } = actionInputs(planned.action, planned.syntax.inputs, this.#scope());
    this.#inputs = this.#turn.inputs ?? inputs;
    if (this.#turn.phase === "main") {
      for (const message of warnings) this.#log.annotate({ level: "warning", message });
    }
    const script = this.#turn.script ?? planned.action.main;
    return startOfAction(planned.action, script, { machine, inputs: this.#inputs });
  }

  async #spawn(start: StepStart, files: StepFiles): Promise<JobConclusion> {
    const job = this.#job;
    const { addedPaths, idToken, machine } = job;
    const extras = {
      step: this.#turn.planned,
      stepEnv: this.#stepEnv,
      files,
      addedPaths,
      ...(idToken && { idToken }),
    };
    const state = Object.entries(this.#turn.state ?? {}).map(([name, value]) => [`STATE_${name}`, value]);
    const child = new StepProcess({
      ...start,
      env: { ...stepEnvironment(job.known, extras), ...start.env, ...Object.fromEntries(state) },
      trackingId: machine.trackingId,
      patience: job.context.patience,
      onLine: (line) => this.#log.write(line),
    });
    const wasCancelled = job.watch(child, () => this.#holds());
    const timer = this.#limitTime(child);
    const { exitCode, problem } = await child.ended;
    clearTimeout(timer);
    job.unwatch();
    if (job.isLost) return "failure";
    if (this.#timedOut !== undefined) {
      return this.#fail(`The action '${this.#name}' has timed out after ${this.#timedOut} minutes.`);
    }
    if (wasCancelled()) return "cancelled";
    if (exitCode === 0) return "success";
    // An action says itself why it failed; GitHub adds a sentence for scripts only.
    const isSaid =
      exitCode !== undefined && this.#turn.planned.kind === "javascript" && problem === undefined;
    if (isSaid) return "failure";
    return this.#fail(problem ?? `Process completed with exit code ${exitCode ?? "unknown (killed)"}.`);
  }

  #limitTime(child: StepProcess): NodeJS.Timeout | undefined {
    const { timeoutMinutes } = this.#turn.planned.syntax;
    if (timeoutMinutes === undefined || this.#turn.phase === "post") return undefined;
    const minutes = Number(evaluateNode(timeoutMinutes, this.#scope()));
    return setTimeout(() => {
      this.#timedOut = minutes;
      child.cancel();
    }, minutes * 60_000);
  }

  #fail(message: string): "failure" {
    this.#log.annotate({ level: "error", message });
    return "failure";
  }

  #collect(files: StepFiles, outcome: JobConclusion): TurnEnd {
    const leavings = readStepFiles(files);
    for (const message of leavings.complaints) this.#log.annotate({ level: "error", message });
    for (const message of leavings.problems) this.#fail(message);
    const isFailed = leavings.problems.length > 0 && outcome === "success";
    return this.#end(isFailed ? "failure" : outcome, leavings);
  }

  #end(outcome: JobConclusion, leavings?: StepLeavings): TurnEnd {
    const { planned, number, phase } = this.#turn;
    const summary = this.#job.masks.mask(leavings?.summary ?? "");
    const result: StepResult = {
      number,
      id: planned.id,
      name: this.#job.masks.mask(this.#name),
      phase,
      ...(planned.syntax.uses === undefined ? {} : { uses: planned.syntax.uses }),
      startedAt: this.#startedAt,
      endedAt: new Date(),
      outcome,
      conclusion: outcome === "failure" && this.#mayFail() ? "success" : outcome,
      outputs: this.#masked(leavings?.outputs ?? {}),
      summary,
      annotations: this.#log.annotations,
    };
    return { result, ...(leavings && { leavings }), ...(this.#inputs && { inputs: this.#inputs }) };
  }

  // What listeners see; later steps of the job get the values as they are.
  #masked(outputs: Readonly<Record<string, string>>): Record<string, string> {
    return Object.fromEntries(
      Object.entries(outputs).map(([name, value]) => [name, this.#job.masks.mask(value)]),
    );
  }

  #mayFail(): boolean {
    const node = this.#turn.planned.syntax.continueOnError;
    if (node === undefined || this.#job.isLost) return false;
    if (node.kind === "expression") return evaluate(node.expression, this.#scope()) === true;
    return literalText(node) === "true";
  }
}
