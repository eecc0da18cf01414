import { deployedRevision, type HelmRevision } from "../../domain/release/history.ts";
import { type ManifestObject, manifestObjects } from "../../domain/release/manifest.ts";
import { parseManifest } from "../../platform/yaml.ts";
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
