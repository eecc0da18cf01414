import { at, listAt, textAt } from "../../core/json.ts";
import { canonical, identityOf, labelOf, type ManifestObject } from "./manifest.ts";

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
 * objects first: a Service with the new selector in front of a Deployment with the old one answers nobody.
 */
export function immutableChanges(
  before: readonly ManifestObject[],
  after: readonly ManifestObject[],
): readonly string[] {
  const old = new Map(before.filter((one) => !one.isHook).map((one) => [identityOf(one), one]));
  return after.flatMap((one) => {
    const was = one.isHook ? undefined : old.get(identityOf(one));
    if (was === undefined) return [];
    return [...changedFields(was, one), ...frozenData(was, one)];
  });
}

function changedFields(was: ManifestObject, now: ManifestObject): readonly string[] {
  return (fields[now.kind] ?? [])
    .filter((path) => {
      const next = at(now.body, ...path);
      // A field that is left out keeps the value the cluster gave it.
      return next !== undefined && canonical(at(was.body, ...path)) !== canonical(next);
    })
    .map((path) => `${labelOf(now)}: ${path.join(".")} cannot be changed (give the object a new name)`);
}

function frozenData(was: ManifestObject, now: ManifestObject): readonly string[] {
  const isFrozen = at(was.body, "immutable") === true && /^(ConfigMap|Secret)$/.test(now.kind);
  if (!isFrozen || canonical(at(was.body, "data")) === canonical(at(now.body, "data"))) return [];
  return [
    `${labelOf(now)}: it is marked immutable, so its data cannot be changed (give the object a new name)`,
  ];
}

const keepPolicy = ["metadata", "annotations", "helm.sh/resource-policy"] as const;

/** What a rollback of this manifest would leave behind, one sentence each. */
export function notRolledBack(objects: readonly ManifestObject[]): readonly string[] {
  const hooks = objects.filter(({ hookEvents }) =>
    hookEvents.some((event) => /^(pre|post)-(install|upgrade)$/.test(event)),
  );
  const claims = objects.filter(
    ({ kind, body }) =>
      kind === "PersistentVolumeClaim" || listAt(body, "spec", "volumeClaimTemplates").length > 0,
  );
  const kept = objects.filter(({ body }) => textAt(body, ...keepPolicy) === "keep");
  return [
    ...hooks.map((one) => `what hook ${labelOf(one)} does, such as a migration of data`),
    ...claims.map((one) => `the data in the volumes of ${labelOf(one)}`),
    ...kept.map((one) => `${labelOf(one)}: its chart says keep`),
    ...objects.filter(({ kind }) => kind === "CustomResourceDefinition").map((one) => labelOf(one)),
  ];
}
