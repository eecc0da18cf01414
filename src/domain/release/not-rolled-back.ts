import { isRecord, listAt, textAt } from "../../core/json.ts";
import { labelOf, type ManifestObject } from "./manifest.ts";

const keepPolicy = ["metadata", "annotations", "helm.sh/resource-policy"] as const;

/** Whether Helm leaves the object in the cluster when the chart has it no more. */
export function isKept({ body }: ManifestObject): boolean {
  return textAt(body, ...keepPolicy) === "keep";
}

/** What a rollback of this manifest would leave behind, one sentence each. */
export function notRolledBack(objects: readonly ManifestObject[]): readonly string[] {
  const hooks = objects.filter(({ hookEvents }) =>
    hookEvents.some((event) => /^(pre|post)-(install|upgrade)$/.test(event)),
  );
  const claims = objects.filter(
    ({ kind, body }) =>
      kind === "PersistentVolumeClaim" || listAt(body, "spec", "volumeClaimTemplates").length > 0,
  );
  const kept = objects.filter(isKept);
  return [
    ...hooks.map((one) => `what hook ${labelOf(one)} does, such as a migration of data`),
    ...claims.map((one) => `the data in the volumes of ${labelOf(one)}`),
    ...kept.map((one) => `${labelOf(one)}: its chart says keep`),
    ...objects.filter(({ kind }) => kind === "CustomResourceDefinition").map((one) => labelOf(one)),
    ...foreignReads(objects),
  ];
}

// Who changes such a Secret or ConfigMap does it without a revision of ours.
function foreignReads(objects: readonly ManifestObject[]): readonly string[] {
  const own = new Set(objects.map(({ kind, name }) => `${kind} ${name}`));
  const read = objects.flatMap(({ body }) => readsOf(body));
  return [...new Set(read)]
    .filter((one) => !own.has(one))
    .toSorted()
    .map((one) => `${one}, which pods read and the chart does not make`);
}

const references: Readonly<Record<string, readonly [string, string]>> = {
  secretKeyRef: ["Secret", "name"],
  secretRef: ["Secret", "name"],
  secret: ["Secret", "secretName"],
  configMapKeyRef: ["ConfigMap", "name"],
  configMapRef: ["ConfigMap", "name"],
  configMap: ["ConfigMap", "name"],
};

function readsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(readsOf);
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const [kind, field] = references[key] ?? [];
    const name = field === undefined ? undefined : textAt(inner, field);
    return [...(name === undefined ? [] : [`${kind} ${name}`]), ...readsOf(inner)];
  });
}
