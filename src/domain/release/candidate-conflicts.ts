import { at, isRecord } from "../../core/json.ts";
import { identityOf, labelOf, type ManifestObject, workloadObjects } from "./manifest.ts";

/**
 * Why stable and candidate cannot stand side by side, one sentence each: objects that both would own, and Services
 * that would send one's traffic to the other's pods whatever the weights say.
 */
export function candidateConflicts(
  stable: readonly ManifestObject[],
  candidate: readonly ManifestObject[],
): readonly string[] {
  const owned = new Set(stable.map(identityOf));
  const shared = candidate
    .filter((one) => owned.has(identityOf(one)))
    .map((one) => `${labelOf(one)} has the same name in the candidate's release: name it after the release`);
  return [
    ...shared,
    ...crossTalk(stable, candidate, "the candidate's"),
    ...crossTalk(candidate, stable, "the stable"),
  ];
}

function crossTalk(
  services: readonly ManifestObject[],
  others: readonly ManifestObject[],
  whose: string,
): readonly string[] {
  const templates = workloadObjects(others).map((one) =>
    at(one.body, "spec", "template", "metadata", "labels"),
  );
  return services
    .filter(({ kind }) => kind === "Service")
    .filter(({ body }) => templates.some((labels) => selects(at(body, "spec", "selector"), labels)))
    .map((one) => `${labelOf(one)} also selects ${whose} pods: its selector must differ per release`);
}

function selects(selector: unknown, labels: unknown): boolean {
  if (!isRecord(selector) || !isRecord(labels)) return false;
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}
