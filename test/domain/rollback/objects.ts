import { type ManifestObject, manifestObjects } from "../../../src/domain/release/manifest.ts";

/** One object of a manifest. */
export function object(body: Readonly<Record<string, unknown>>): ManifestObject {
  const [made] = manifestObjects([body]);
  if (made === undefined) throw new Error("a body is an object");
  return made;
}

export function workload(kind: string, more: Readonly<Record<string, unknown>> = {}): ManifestObject {
  const template = {
    metadata: { labels: { app: "web" } },
    spec: { containers: [{ name: "web", image: "web:1" }] },
  };
  return object({ apiVersion: "apps/v1", kind, metadata: { name: "web" }, spec: { template, ...more } });
}
