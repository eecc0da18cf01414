import { at, isRecord, numberAt, textAt } from "../../core/json.ts";
import { labelOf, type ManifestObject, workloadObjects } from "./manifest.ts";

/** How long nobody answers during a recreate, at most, and where that comes from. */
export interface Downtime {
  readonly seconds: number;
  readonly how: string;
}

const defaultGraceSeconds = 30;

/**
 * The downtime of a recreate: every old pod must be gone before the first new one starts. `rolloutSeconds` is what the
 * new pods take to become ready. Undefined where no Deployment is recreated.
 */
export function predictDowntime(
  objects: readonly ManifestObject[],
  rolloutSeconds: number,
): Downtime | undefined {
  const recreated = workloadObjects(objects).filter(({ kind }) => kind === "Deployment");
  if (recreated.length === 0) return undefined;
  const graces = recreated.map(
    ({ body }) =>
      numberAt(body, "spec", "template", "spec", "terminationGracePeriodSeconds") ?? defaultGraceSeconds,
  );
  const grace = Math.max(...graces);
  return {
    seconds: Math.ceil(grace + rolloutSeconds),
    how: `at most ${grace} s until the old pods of ${recreated.map(labelOf).join(", ")} are gone, then ${Math.ceil(rolloutSeconds)} s until the new ones are ready`,
  };
}

/**
 * Why a Deployment cannot be recreated: its chart asks for another strategy, and Helm would put that back while it
 * applies. A chart that asks for nothing leaves the choice to us. One sentence each.
 */
export function recreateProblems(objects: readonly ManifestObject[]): readonly string[] {
  return workloadObjects(objects)
    .filter(({ kind }) => kind === "Deployment")
    .filter(({ body }) => {
      const type = textAt(body, "spec", "strategy", "type");
      return type !== "Recreate" && hasStrategy(body);
    })
    .map(
      (one) =>
        `${labelOf(one)} says strategy RollingUpdate in the chart, which Helm would put back: let the chart say Recreate, or nothing`,
    );
}

/**
 * The objects as a cluster can be asked about them before a recreate: the strategy of a Deployment is switched on the
 * live object first, and until then the cluster refuses it for what the live one still says.
 */
export function beforeRecreate(objects: readonly ManifestObject[]): readonly ManifestObject[] {
  return objects.map((one) => {
    if (one.kind !== "Deployment" || !isRecord(one.body.spec)) return one;
    const { strategy: _switched, ...spec } = one.body.spec;
    return { ...one, body: { ...one.body, spec } };
  });
}

function hasStrategy(body: ManifestObject["body"]): boolean {
  const strategy = at(body, "spec", "strategy");
  return isRecord(strategy) && Object.keys(strategy).length > 0;
}
