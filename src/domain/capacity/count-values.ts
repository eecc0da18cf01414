import { isRecord, type Json } from "../../core/json.ts";
import { isValues, mergeValues, type Values } from "../release/image-values.ts";
import type { ManifestObject } from "../release/manifest.ts";
import type { ScaledWorkload } from "./live-count.ts";

/** Where in the values something is said. */
export type ValuesPath = readonly string[];

const countKey = /^(replicaCount|replicas|replicasCount|numReplicas)$/i;
const deepest = 4;

/** The values that may set a number of pods, by their names; the usual ones where a chart has none of its own. */
export function countPaths(documents: readonly unknown[]): readonly ValuesPath[] {
  const found = new Map<string, ValuesPath>();
  for (const document of documents) {
    for (const path of pathsIn(document, [])) found.set(path.join("."), path);
  }
  return found.size > 0 ? [...found.values()] : [["replicaCount"], ["replicas"]];
}

function pathsIn(values: unknown, under: ValuesPath): readonly ValuesPath[] {
  if (!isRecord(values) || under.length >= deepest) return [];
  return Object.entries(values).flatMap(([key, value]) => {
    const path = [...under, key];
    if (countKey.test(key) && (typeof value === "number" || /^\d+$/.test(String(value)))) return [path];
    return pathsIn(value, path);
  });
}

// No chart has so many pods, so where the number comes out tells which value it came from.
const firstMark = 1001;

/** Values that give each path a number of its own. */
export function markedValues(paths: readonly ValuesPath[]): Values {
  return paths.reduce<Values>((all, path, index) => mergeValues(all, nested(path, firstMark + index)), {});
}

/** The path whose mark became the count of a workload. */
export function pathOfMark(paths: readonly ValuesPath[], mark: number | undefined): ValuesPath | undefined {
  return mark === undefined ? undefined : paths[mark - firstMark];
}

/** Values that set counts; undefined where two workloads share a value and need different numbers. */
export function countValues(
  wanted: readonly { readonly path: ValuesPath; readonly count: number }[],
): Values | undefined {
  const byPath = new Map<string, number>();
  for (const { path, count } of wanted) {
    const other = byPath.get(path.join("."));
    if (other !== undefined && other !== count) return undefined;
    byPath.set(path.join("."), count);
  }
  return wanted.reduce<Values>((all, { path, count }) => mergeValues(all, nested(path, count)), {});
}

function nested([first = "", ...rest]: ValuesPath, leaf: Json): Values {
  return { [first]: rest.length === 0 ? leaf : nested(rest, leaf) };
}

/** The manifest with the counts of these workloads left out: two that agree then differ in nothing else. */
export function withoutCounts(
  objects: readonly ManifestObject[],
  workloads: readonly ScaledWorkload[],
): readonly ManifestObject[] {
  const isMeant = ({ kind, name }: ManifestObject) =>
    workloads.some((one) => one.kind === kind && one.name === name);
  return objects.map((object) => {
    const { spec } = object.body;
    if (!isMeant(object) || !isValues(spec)) return object;
    const { replicas: _left, ...rest } = spec;
    return { ...object, body: { ...object.body, spec: rest } };
  });
}
