import { type ManifestObject, manifestObjects } from "../../../src/domain/release/manifest.ts";

/** A manifest of these documents, as the chart would render them. */
export function manifest(...documents: readonly unknown[]): readonly ManifestObject[] {
  return manifestObjects(documents);
}

export function deploymentOf(name: string, spec: object = {}, labels: object = { app: name }) {
  const template = {
    metadata: { labels },
    spec: { containers: [{ name: "web", image: `r/${name}@sha256:1` }] },
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: { selector: { matchLabels: labels }, template, ...spec },
  };
}

export function serviceOf(name: string, selector: object) {
  return { apiVersion: "v1", kind: "Service", metadata: { name }, spec: { selector } };
}

export function hookOf(name: string, events: string) {
  const spec = { template: { spec: { containers: [{ name: "m", image: `r/${name}@sha256:2` }] } } };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, annotations: { "helm.sh/hook": events } },
    spec,
  };
}
