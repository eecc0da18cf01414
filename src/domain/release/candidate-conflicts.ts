import { at } from "../../core/json.ts";
import { identityOf, labelOf, type ManifestObject, workloadObjects } from "./manifest.ts";
import { selects } from "./selectors.ts";

/**
 * Why stable and candidate cannot stand side by side, one sentence each: objects that both would own, and Services
 * that would send one's traffic to the other's pods whatever the weights say.
 */
export function candidateConflicts(
  stable: readonly ManifestObject[],
  candidate: readonly ManifestObject[],
): readonly string[] {
  const shared = sharedObjects(stable, candidate).map(
    (label) => `${label} has the same name in the candidate's release: name it after the release`,
  );
  const crossed = (label: string, whose: string) =>
    `${label} also selects ${whose} pods: its selector must differ per release`;
  return [
    ...shared,
    ...selectorsOver(stable, candidate, ["Service"]).map((label) => crossed(label, "the candidate's")),
    ...selectorsOver(candidate, stable, ["Service"]).map((label) => crossed(label, "the stable")),
  ];
}

/** A release and what it is made of. */
export interface ReleaseObjects {
  readonly release: string;
  readonly objects: readonly ManifestObject[];
}

const selecting = ["Service", "Deployment", "StatefulSet", "DaemonSet", "PodDisruptionBudget"] as const;

/** Why two colours cannot stand side by side, one sentence each: shared names, and selectors that reach over. */
export function colourConflicts(one: ReleaseObjects, other: ReleaseObjects): readonly string[] {
  const shared = sharedObjects(one.objects, other.objects).map(
    (label) => `${label} has the same name in ${one.release} and ${other.release}: name it after the release`,
  );
  const pairs = [[one, other] as const, [other, one] as const];
  const crossed = pairs.flatMap(([from, to]) =>
    selectorsOver(from.objects, to.objects, selecting).map(
      (label) =>
        `${label} of ${from.release} also selects pods of ${to.release}: its selector must differ per release`,
    ),
  );
  return [...shared, ...crossed];
}

function sharedObjects(one: readonly ManifestObject[], other: readonly ManifestObject[]): readonly string[] {
  const owned = new Set(one.map(identityOf));
  return other.filter((object) => owned.has(identityOf(object))).map(labelOf);
}

/** The objects of these kinds whose selectors match pods of the other side. */
function selectorsOver(
  objects: readonly ManifestObject[],
  others: readonly ManifestObject[],
  kinds: readonly string[],
): readonly string[] {
  const templates = workloadObjects(others).map((one) =>
    at(one.body, "spec", "template", "metadata", "labels"),
  );
  return objects
    .filter(({ kind }) => kinds.includes(kind))
    .filter((one) => templates.some((labels) => selects(selectorOf(one), labels)))
    .map(labelOf);
}

function selectorOf({ kind, body }: ManifestObject): unknown {
  const selector = at(body, "spec", "selector");
  return kind === "Service" ? selector : at(selector, "matchLabels");
}
