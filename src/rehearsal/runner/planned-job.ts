import { child, entriesOf, literalText } from "./node.ts";
import { type Refusals, refuseUnknown } from "./refusals.ts";
import type { JobSyntax, WorkflowFile } from "./workflow-syntax.ts";

/** Refuses what a job says about matrices and concurrency as far as it is not modelled. */
export function refuseBadJob(job: JobSyntax, refusals: Refusals): void {
  refuseBadStrategy(job, refusals);
  const cancels = entriesOf(job.concurrency).find(({ key }) => key === "cancel-in-progress");
  if (cancels !== undefined && literalText(cancels.value) !== "false") {
    refusals.add(cancels.at, cancelsElsewhere);
  }
}

/** Refuses a called workflow that cancels others: what of the caller would be cancelled is not modelled. */
export function refuseBadCallee(file: WorkflowFile, refusals: Refusals): void {
  const cancels = entriesOf(file.concurrency).find(({ key }) => key === "cancel-in-progress");
  if (cancels !== undefined && literalText(cancels.value) !== "false") {
    refusals.add(cancels.at, cancelsElsewhere);
  }
}

const cancelsElsewhere = '"cancel-in-progress" is modelled at the top of the started workflow only';

function refuseBadStrategy(job: JobSyntax, refusals: Refusals): void {
  const { strategy } = job;
  if (strategy === undefined) return;
  refuseUnknown(entriesOf(strategy), ["matrix", "fail-fast"], refusals);
  if (literalText(child(strategy, "fail-fast")) !== "false") {
    refusals.add(strategy.at, 'a matrix is modelled with "fail-fast: false" only');
  }
  for (const { key, at } of entriesOf(child(strategy, "matrix"))) {
    if (key === "include" || key === "exclude") refusals.add(at, `"${key}" is not modelled by the rehearsal`);
  }
}
