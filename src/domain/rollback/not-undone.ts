import { labelOf, type ManifestObject } from "../release/manifest.ts";
import { notRolledBack } from "../release/not-rolled-back.ts";

/** What stays as it is after a rollback, one entry each: what was left did it, and no revision brings it back. */
export function notUndone(left: readonly ManifestObject[]): readonly string[] {
  const silent = left.filter(({ hookEvents }) =>
    hookEvents.some((event) => /^(pre|post)-upgrade$/.test(event)),
  );
  return [
    ...new Set([
      ...notRolledBack(left),
      ...silent.map((one) => `hook ${labelOf(one)} does not run: upgrade hooks are not for rollbacks`),
      "data in databases and queues, and the migrations of it",
      "custom resource definitions in the chart's folder crds",
    ]),
  ];
}
