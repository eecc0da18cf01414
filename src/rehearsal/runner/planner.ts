import { concurrencyGroup } from "./concurrency.ts";
import type { Place } from "./node.ts";
import { type Permissions, permissionExcess, readPermissions, restrictedDefault } from "./permissions.ts";
import type { PlannedJob, PlannedStepsJob, PlannedWorkflow } from "./plan.ts";
import { refuseBadCall } from "./planned-call.ts";
import { refuseBadCallee, refuseBadJob } from "./planned-job.ts";
import { planStep } from "./planned-step.ts";
import type { Refusals } from "./refusals.ts";
import type { Source, Sources } from "./source.ts";
import { readWorkflow } from "./workflow-file.ts";
import type { CallJob, StepsJob, WorkflowFile } from "./workflow-syntax.ts";

/** GitHub allows ten levels: the caller and nine below it. */
const maxDepth = 10;

interface Caller {
  readonly permissions: Permissions;
  readonly depth: number;
  /** Concurrency groups known before the run that the callers above hold. */
  readonly groups: readonly string[];
}

/** Reads a workflow and everything it calls, and refuses what GitHub would refuse or what is not modelled. */
export class Planner {
  readonly #sources: Sources;
  readonly #refusals: Refusals;

  constructor(sources: Sources, refusals: Refusals) {
    this.#sources = sources;
    this.#refusals = refusals;
  }

  /** Plans the workflow an event starts. */
  async planTop(path: string, defaultPermissions: Permissions = restrictedDefault) {
    const file = await readWorkflow(this.#sources.app, path, this.#refusals);
    if (file === undefined) return undefined;
    return this.#planJobs(file, { permissions: defaultPermissions, depth: 1, groups: [] });
  }

  async #planJobs(file: WorkflowFile, caller: Caller): Promise<PlannedWorkflow> {
    const groups = this.#groups(file, caller);
    const jobs: PlannedJob[] = [];
    for (const job of file.jobs) {
      refuseBadJob(job, this.#refusals);
      const permissions =
        readPermissions(job.permissions) ?? readPermissions(file.permissions) ?? caller.permissions;
      if (job.kind === "steps") jobs.push(this.#planSteps(file, job, permissions));
      else {
        const planned = await this.#planCall(file, job, { ...caller, permissions, groups });
        if (planned !== undefined) jobs.push(planned);
      }
    }
    return { file, jobs };
  }

  #planSteps(file: WorkflowFile, job: StepsJob, permissions: Permissions): PlannedStepsJob {
    const known = { sources: this.#sources, refusals: this.#refusals };
    const steps = job.steps.flatMap((step, index) => planStep(step, { file, index, ...known }) ?? []);
    return { kind: "steps", syntax: job, permissions, steps };
  }

  async #planCall(file: WorkflowFile, job: CallJob, caller: Caller): Promise<PlannedJob | undefined> {
    const found = this.#findCallee(file, job);
    if (found === undefined) return undefined;
    if (caller.depth >= maxDepth) {
      this.#refusals.add(
        job.at,
        `reusable workflows may nest ${maxDepth} levels, ${job.uses} would be one more`,
      );
      return undefined;
    }
    const callee = await readWorkflow(found.source, found.path, this.#refusals);
    if (callee === undefined) return undefined;
    refuseBadCall(job, callee, this.#refusals);
    refuseBadCallee(callee, this.#refusals);
    this.#refuseExcess(job, callee, caller.permissions);
    const group = concurrencyGroup(job.concurrency);
    const groups = group === undefined ? caller.groups : [...caller.groups, group];
    const planned = await this.#planJobs(callee, {
      permissions: caller.permissions,
      depth: caller.depth + 1,
      groups,
    });
    return { kind: "call", syntax: job, permissions: caller.permissions, callee: planned };
  }

  #findCallee(file: WorkflowFile, job: CallJob): { source: Source; path: string } | undefined {
    const { app, sluice } = this.#sources;
    const own = /^(?:\.|\$)\/(\.github\/workflows\/[^/@]+\.ya?ml)$/.exec(job.uses)?.[1];
    if (own !== undefined) return { source: file.source, path: own };
    const [, repository, path] =
      /^([^/]+\/[^/]+)\/(\.github\/workflows\/[^/@]+\.ya?ml)@(.+)$/.exec(job.uses) ?? [];
    const source = [sluice, app].find((one) => one.repository === repository);
    if (source !== undefined && path !== undefined) return { source, path };
    const places = `${app.repository}, ${sluice.repository}, ./ and $/`;
    this.#refusals.add(job.at, `"${job.uses}" cannot be called: the rehearsal knows workflows of ${places}`);
    return undefined;
  }

  // GitHub compares before anything runs, whatever `if` says: the whole run does not start.
  #refuseExcess(call: CallJob, callee: WorkflowFile, allowed: Permissions): void {
    const refuse = (who: string, asked: Permissions | undefined, at: Place) => {
      for (const excess of permissionExcess(asked ?? {}, allowed)) {
        const words = `is requesting ${excess.scope}: ${excess.asked}, but is only allowed ${excess.scope}: ${excess.allowed}`;
        this.#refusals.add(
          at,
          `${who} ${words} by the job "${call.id}" that calls it (${call.at.file}:${call.at.line})`,
        );
      }
    };
    refuse("the workflow", readPermissions(callee.permissions), callee.permissions?.at ?? callee.at);
    for (const job of callee.jobs) {
      refuse(`the nested job "${job.id}"`, readPermissions(job.permissions), job.permissions?.at ?? job.at);
    }
  }

  #groups(file: WorkflowFile, caller: Caller): readonly string[] {
    const own = concurrencyGroup(file.concurrency);
    const all = own === undefined ? caller.groups : [...caller.groups, own];
    if (own !== undefined && caller.groups.includes(own))
      this.#refuseDeadlock(own, file.concurrency?.at ?? file.at);
    for (const job of file.jobs) {
      const group = concurrencyGroup(job.concurrency);
      if (group !== undefined && all.includes(group))
        this.#refuseDeadlock(group, job.concurrency?.at ?? job.at);
    }
    return all;
  }

  #refuseDeadlock(group: string, at: Place): void {
    this.#refusals.add(at, `concurrency group "${group}" is held by a caller of this workflow: a deadlock`);
  }
}
