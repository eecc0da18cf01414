import { diffManifests, type ObjectChange } from "../../domain/release/diff.ts";
import { deployedRevision, type HelmRevision } from "../../domain/release/history.ts";
import { type ManifestObject, manifestObjects } from "../../domain/release/manifest.ts";
import { sha256Of } from "../../platform/chart.ts";
import { parseManifest } from "../../platform/yaml.ts";
import type { Rendered } from "./render.ts";
import type { Session } from "./session.ts";

/** The objects of the revision that Helm calls deployed, hooks included; empty without one. */
export async function currentObjects(
  { cluster, inputs }: Session,
  history: readonly HelmRevision[],
): Promise<readonly ManifestObject[]> {
  const current = deployedRevision(history);
  if (current === undefined) return [];
  const { release, namespace } = inputs;
  const [manifest, hooks] = await Promise.all([
    cluster.helm.getManifest(release, namespace, current.revision),
    cluster.helm.getHooks(release, namespace, current.revision),
  ]);
  return manifestObjects([...(await parseManifest(manifest)), ...(await parseManifest(hooks))]);
}

/** What would change, with the values of Secrets as marks that only tell whether they differ. */
export function changesOf(before: readonly ManifestObject[], after: Rendered): readonly ObjectChange[] {
  return diffManifests(before, after.objects, (text) => `(hidden, ${sha256Of(text).slice(7, 19)})`);
}
