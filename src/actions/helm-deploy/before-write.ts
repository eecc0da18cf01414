import { combine, fail, pass, reasonsOf, type Verdict } from "../../core/verdict.ts";
import { judgePlan } from "../../domain/plan/plan.ts";
import { candidateConflicts } from "../../domain/release/candidate-conflicts.ts";
import { recreateProblems } from "../../domain/release/downtime.ts";
import { type HelmRevision, lastRevision } from "../../domain/release/history.ts";
import { objectDigests } from "../../platform/chart.ts";
import { namespaceExists } from "../../platform/kubectl.ts";
import { readPlanFile } from "../../platform/plan-file.ts";
import type { DefinitionPlan } from "./definitions.ts";
import { dryRun } from "./dry-run.ts";
import type { PreparedChart, Rendered } from "./render.ts";
import { resolveImages } from "./resolve-images.ts";
import { routeProblems } from "./route-problems.ts";
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
export async function judgeBeforeWrite(
  session: Session,
  ready: Ready,
  { refused }: Pick<DefinitionPlan, "refused"> = { refused: [] },
): Promise<Verdict> {
  const planned = await judgeAgainstPlan(session, ready);
  if (planned.kind !== "pass") return planned;
  const conflicts =
    ready.candidate === undefined ? [] : candidateConflicts(ready.stable.objects, ready.candidate.objects);
  const frozen = session.inputs.strategy === "recreate" ? recreateProblems(ready.stable.objects) : [];
  const route = await routeProblems(session, ready.candidate);
  const problems = [...refused, ...conflicts, ...frozen, ...route];
  if (problems.length > 0) return combine(problems.map((one) => fail(one)));
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
  const plan = await readPlanFile(inputs.plan);
  const resolved = await resolveImages(session, Object.keys(plan.resolvedImages ?? {}));
  const verdict = judgePlan(plan, {
    release: inputs.release,
    namespace: inputs.namespace,
    environment: inputs.environment,
    strategy: inputs.strategy,
    digest: digestOf(inputs),
    valuesDigest: chart.stable.digest,
    baseRevision: lastRevision(history)?.revision ?? 0,
    manifestDigest: stable.digest,
    objects: objectDigests(stable.objects),
    resolvedImages: resolved.digests,
    ...(chart.digest === undefined ? {} : { chartDigest: chart.digest }),
    ...(stable.release === inputs.release ? {} : { helmRelease: stable.release }),
    ...(candidate === undefined
      ? {}
      : { candidateManifestDigest: candidate.digest, candidateObjects: objectDigests(candidate.objects) }),
  });
  for (const reason of reasonsOf(verdict)) session.context.runner.info(reason);
  return verdict;
}
