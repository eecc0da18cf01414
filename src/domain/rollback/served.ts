import { labelOf, type ManifestObject } from "../release/manifest.ts";

/** What an API server serves, as `apiVersion kind`. */
export type ServedKinds = ReadonlySet<string>;

/** The kinds in the table of `kubectl api-resources --no-headers`. Short names may be absent, so columns count from the end. */
export function parseServedKinds(table: string): ServedKinds {
  const rows = table.split("\n").map((line) => line.trim().split(/\s+/));
  return new Set(
    rows.flatMap((columns) => {
      const [apiVersion, isNamespaced, kind] = columns.slice(-3);
      return /^(true|false)$/.test(isNamespaced ?? "") ? [`${apiVersion} ${kind}`] : [];
    }),
  );
}

/** Objects whose kind the API does not serve any more, one sentence for each kind: Helm could not apply or read them. */
export function unservedKinds(objects: readonly ManifestObject[], served: ServedKinds): readonly string[] {
  const missing = new Map<string, ManifestObject>();
  const defined = objects.filter(({ kind }) => kind === "CustomResourceDefinition");
  for (const one of objects) {
    const name = `${one.apiVersion} ${one.kind}`;
    if (!served.has(name) && !isDefined(one, defined) && !missing.has(name)) missing.set(name, one);
  }
  return [...missing.values()].map(
    (one) => `the cluster does not serve ${one.kind} of ${one.apiVersion} any more (${labelOf(one)})`,
  );
}

/** A kind that the manifest itself brings need not be served yet. */
function isDefined(one: ManifestObject, definitions: readonly ManifestObject[]): boolean {
  return definitions.some(({ body }) => JSON.stringify(body).includes(`"kind":"${one.kind}"`));
}
