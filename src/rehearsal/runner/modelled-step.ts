import { appendFileSync } from "node:fs";
import { type ArtifactRequest, downloadArtifacts, uploadArtifact } from "./artifacts.ts";
import { checkout } from "./checkout.ts";
import { evaluateTexts, type Scope } from "./expressions.ts";
import type { JobRun } from "./job-run.ts";
import type { PlannedStep } from "./plan.ts";
import type { StepFiles } from "./step-environment.ts";
import type { StepLog } from "./step-log.ts";

interface Place {
  readonly scope: Scope;
  readonly files: StepFiles;
  readonly log: StepLog;
}

/** Plays one of GitHub's own actions; its outputs go where an action would write them. */
export async function playModelled(job: JobRun, planned: PlannedStep & { kind: "modelled" }, place: Place) {
  const { name, defaults } = planned.action;
  const inputs = { ...defaults, ...evaluateTexts(planned.syntax.inputs, place.scope) };
  const outputs =
    name === "checkout"
      ? await playCheckout(job, inputs, place.log)
      : playArtifact(job, name, { inputs, place });
  for (const [key, value] of Object.entries(outputs)) appendFileSync(place.files.output, `${key}=${value}\n`);
}

function playCheckout(job: JobRun, inputs: Readonly<Record<string, string>>, log: StepLog) {
  const { repository, sha, ref } = job.context.sources.app;
  return checkout({
    inputs,
    workspace: job.machine.workspace,
    repository,
    folder: job.context.options.app.folder,
    sha,
    ref,
    onLine: (line) => log.write(line),
  });
}

function playArtifact(
  job: JobRun,
  name: "upload-artifact" | "download-artifact",
  { inputs, place }: { inputs: Readonly<Record<string, string>>; place: Place },
) {
  const { context, machine } = job;
  const request: ArtifactRequest = {
    inputs,
    workspace: machine.workspace,
    runId: context.run.id,
    repository: context.sources.app.repository,
    github: context.options.github,
    onLine: (line) => place.log.write(line),
    onWarning: (message) => place.log.annotate({ level: "warning", message }),
    onStored: (artifact) => job.emit({ kind: "artifact-stored", job: job.path, artifact, at: new Date() }),
  };
  return name === "upload-artifact" ? uploadArtifact(request) : downloadArtifacts(request);
}
