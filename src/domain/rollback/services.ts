import { at, isRecord, numberAt } from "../../core/json.ts";
import { type ManifestObject, workloadObjects } from "../release/manifest.ts";

/** The Services of a manifest in front of its own workloads: those must have a ready endpoint while it serves. */
export function servingServices(objects: readonly ManifestObject[]): readonly string[] {
  const labels = workloadObjects(objects)
    .filter(({ body }) => numberAt(body, "spec", "replicas") !== 0)
    .map(({ body }) => at(body, "spec", "template", "metadata", "labels"));
  return objects
    .filter(({ kind, isHook }) => kind === "Service" && !isHook)
    .filter(({ body }) => labels.some((one) => selects(at(body, "spec", "selector"), one)))
    .map(({ name }) => name);
}

function selects(selector: unknown, labels: unknown): boolean {
  if (!isRecord(selector) || !isRecord(labels)) return false;
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}
