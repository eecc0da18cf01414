import { combine, fail, pass, reasonsOf, type Verdict } from "../../core/verdict.ts";
import { judgePlan } from "../../domain/plan/plan.ts";
import { candidateConflicts } from "../../domain/release/candidate-conflicts.ts";
import { type HelmRevision, lastRevision } from "../../domain/release/history.ts";
import { namespaceExists } from "../../platform/kubectl.ts";
import { readPlanFile } from "../../platform/plan-file.ts";
import { dryRun } from "./dry-run.ts";
import type { PreparedChart, Rendered } from "./render.ts";
import { digestOf, type Session } from "./session.ts";

/** What is about to be applied, and what it starts from. */
export interface Ready {
  readonly chart: PreparedChart;
  readonly stable: Rendered;
  /** Present when a canary has something to be compared with. */
  readonly candidate?: Rendered;
  readonly history: readonly HelmRevision[];
}

/** Whether what is about to be applied is what was reviewed, and the cluster would take all of it. Writes nothing. */
export async function judgeBeforeWrite(session: Session, ready: Ready): Promise<Verdict> {
  const planned = await judgeAgainstPlan(session, ready);
  if (planned.kind !== "pass") return planned;
  const conflicts =
    ready.candidate === undefined ? [] : candidateConflicts(ready.stable.objects, ready.candidate.objects);
  if (conflicts.length > 0) return combine(conflicts.map((one) => fail(one)));
  // Helm would make the namespace with the first object, so there is nothing yet to ask.
  const { createNamespace, namespace } = session.inputs;
  if (createNamespace && !(await namespaceExists(session.cluster.kubectl, namespace))) return pass;
  const releases = [ready.stable, ...(ready.candidate === undefined ? [] : [ready.candidate])];
  return combine(await Promise.all(releases.map((one) => dryRun(session, one))));
}

async function judgeAgainstPlan(
  session: Session,
  { chart, stable, candidate, history }: Ready,
): Promise<Verdict> {
  const { inputs } = session;
  if (inputs.plan === undefined) return pass;
  const verdict = judgePlan(await readPlanFile(inputs.plan), {
    release: inputs.release,
    namespace: inputs.namespace,
    environment: inputs.environment,
    strategy: inputs.strategy,
    digest: digestOf(inputs),
    valuesDigest: chart.stable.digest,
    baseRevision: lastRevision(history)?.revision ?? 0,
    manifestDigest: stable.digest,
    ...(candidate === undefined ? {} : { candidateManifestDigest: candidate.digest }),
  });
  for (const reason of reasonsOf(verdict)) session.context.runner.info(reason);
  return verdict;
}
