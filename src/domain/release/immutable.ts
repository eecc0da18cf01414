import { at } from "../../core/json.ts";
import { canonical, identityOf, labelOf, type ManifestObject } from "./manifest.ts";
import { threeWay } from "./three-way.ts";

const whatToDo = "give the object a new name, or delete it before the deploy";

/** Fields that Kubernetes refuses to change, by kind. */
const fields: Readonly<Record<string, readonly (readonly string[])[]>> = {
  Deployment: [["spec", "selector"]],
  DaemonSet: [["spec", "selector"]],
  StatefulSet: [
    ["spec", "selector"],
    ["spec", "serviceName"],
    ["spec", "podManagementPolicy"],
    ["spec", "volumeClaimTemplates"],
  ],
  Job: [
    ["spec", "template"],
    ["spec", "selector"],
    ["spec", "completions"],
  ],
  Service: [["spec", "clusterIP"]],
  PersistentVolumeClaim: [
    ["spec", "storageClassName"],
    ["spec", "accessModes"],
    ["spec", "volumeName"],
  ],
  StorageClass: [["provisioner"], ["parameters"]],
  RoleBinding: [["roleRef"]],
  ClusterRoleBinding: [["roleRef"]],
};

/**
 * Changes that the cluster will refuse, one sentence each. Found before the first write, because Helm applies other
 * objects first: a Service with the new selector in front of a Deployment with the old one answers nobody. `before`
 * are the live objects, or the last manifest where they could not be read.
 */
export function immutableChanges(
  before: readonly ManifestObject[],
  after: readonly ManifestObject[],
  last: readonly ManifestObject[] = before,
): readonly string[] {
  const old = byIdentity(before);
  const set = byIdentity(last);
  return after.flatMap((one) => {
    const was = one.isHook ? undefined : old.get(identityOf(one));
    if (was === undefined) return [];
    const manifest = set.get(identityOf(one)) ?? was;
    return [...changedFields(was, one, manifest), ...frozenData(was, one)];
  });
}

function byIdentity(objects: readonly ManifestObject[]): ReadonlyMap<string, ManifestObject> {
  return new Map(objects.filter((one) => !one.isHook).map((one) => [identityOf(one), one]));
}

function changedFields(was: ManifestObject, now: ManifestObject, last: ManifestObject): readonly string[] {
  return (fields[now.kind] ?? [])
    .filter((path) => {
      const [live, next] = [at(was.body, ...path), at(now.body, ...path)];
      // A field that is left out keeps the value the cluster gave it.
      return (
        next !== undefined && canonical(threeWay(live, at(last.body, ...path), next)) !== canonical(live)
      );
    })
    .map((path) => `${labelOf(now)}: ${path.join(".")} cannot be changed (${whatToDo})`);
}

function frozenData(was: ManifestObject, now: ManifestObject): readonly string[] {
  const isFrozen = at(was.body, "immutable") === true && /^(ConfigMap|Secret)$/.test(now.kind);
  if (!isFrozen || canonical(at(was.body, "data")) === canonical(at(now.body, "data"))) return [];
  return [`${labelOf(now)}: it is marked immutable, so its data cannot be changed (${whatToDo})`];
}
