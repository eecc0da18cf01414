import { numberAt } from "../../core/json.ts";
import type { Prediction } from "../../domain/plan/prediction.ts";
import { lastGood } from "../../domain/record/record.ts";
import type { ReleaseState } from "../../domain/record/state.ts";
import { labelOf, type ManifestObject, workloadObjects } from "../../domain/release/manifest.ts";
import type { SeenChanges } from "./changes.ts";
import type { DefinitionPlan } from "./definitions.ts";
import type { HelmDeployInputs } from "./inputs.ts";
import { baseRevisionOf, type PlanSubject } from "./plan-subject.ts";
import type { Session } from "./session.ts";

export interface Warned {
  readonly state: ReleaseState;
  readonly subject: PlanSubject;
  readonly seen: SeenChanges;
  readonly definitions: DefinitionPlan;
  readonly looseWarnings: readonly string[];
  readonly rollback: Prediction;
  readonly reusedFrom: string | undefined;
}

const slowRollbackSeconds = 300;

/** What an approver should know beside what changes, one sentence each. */
export function planWarnings({ inputs }: Session, warned: Warned): readonly string[] {
  const { subject, seen, definitions, looseWarnings, rollback, reusedFrom } = warned;
  return [
    ...(subject.serving === undefined
      ? ["This is the first deploy of this release: there is no version to return to."]
      : []),
    ...subject.warnings,
    ...(reusedFrom === undefined
      ? []
      : [`The values of ${reusedFrom} lie below the given ones (reuse-values: reset-then-reuse).`]),
    ...seen.drift.map(
      ({ object, fields }) =>
        `${object} was changed in the cluster since the last revision: ${fields.map(({ path }) => path).join(", ") || "it is gone"}.`,
    ),
    ...seen.unread.map((one) => `${one}.`),
    ...definitions.warnings,
    ...definitions.changes.map(
      ({ name }) => `CustomResourceDefinition ${name} is applied, and no rollback undoes that.`,
    ),
    ...(rollback.seconds > slowRollbackSeconds
      ? [`A rollback is expected to take ${rollback.seconds} s, more than ${slowRollbackSeconds} s.`]
      : []),
    ...lateDeadlines(inputs, subject.applied.objects),
    ...historyWarnings(inputs, warned),
    ...looseWarnings,
  ];
}

const defaultDeadlineSeconds = 600;

/** Kubernetes gives up on a rollout after the deadline; one beyond our time says nothing in time. */
function lateDeadlines(
  { timeoutMs }: HelmDeployInputs,
  objects: readonly ManifestObject[],
): readonly string[] {
  return workloadObjects(objects)
    .filter(({ kind }) => kind === "Deployment")
    .filter(({ body }) => {
      const deadline = numberAt(body, "spec", "progressDeadlineSeconds") ?? defaultDeadlineSeconds;
      return deadline * 1000 > timeoutMs;
    })
    .map(
      (one) =>
        `${labelOf(one)} has a progress deadline longer than the step's time of ${timeoutMs / 1000} s.`,
    );
}

/** Helm drops the oldest revisions first, and with them the way back. */
function historyWarnings(
  { chartSource, strategy }: HelmDeployInputs,
  { state, subject }: Warned,
): readonly string[] {
  const way = lastGood(state.records, ["good", "observed"])?.revision;
  if (way === undefined || strategy === "blue-green") return [];
  const oldestKept = baseRevisionOf(subject) + 2 - chartSource.historyMax;
  if (way > oldestKept) return [];
  return [
    `history-max ${chartSource.historyMax} makes Helm drop revision ${way}, which is the way back: keep more revisions.`,
  ];
}
