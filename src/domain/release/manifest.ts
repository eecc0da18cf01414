import { at, isRecord, type Json, listAt, textAt } from "../../core/json.ts";

/** One object of a rendered chart. */
export interface ManifestObject {
  readonly kind: string;
  readonly apiVersion: string;
  readonly name: string;
  readonly namespace: string;
  readonly isHook: boolean;
  /** `pre-upgrade`, `post-install` and the like; empty where it is no hook. */
  readonly hookEvents: readonly string[];
  readonly body: Readonly<Record<string, unknown>>;
}

const testHook = /^test(-success|-failure)?$/;

/** The objects of a rendered chart. Test hooks are left out: a deploy never runs them. */
export function manifestObjects(documents: readonly unknown[]): readonly ManifestObject[] {
  return documents
    .flatMap((one) => (textAt(one, "kind") === "List" ? listAt(one, "items") : [one]))
    .filter(isRecord)
    .map(objectOf)
    .filter((one) => !one.isHook || !one.hookEvents.every((event) => testHook.test(event)));
}

function objectOf(body: Readonly<Record<string, unknown>>): ManifestObject {
  const hook = textAt(body, "metadata", "annotations", "helm.sh/hook") ?? "";
  const events = hook.split(",").map((event) => event.trim());
  return {
    kind: textAt(body, "kind") ?? "",
    apiVersion: textAt(body, "apiVersion") ?? "",
    name: textAt(body, "metadata", "name") ?? "",
    namespace: textAt(body, "metadata", "namespace") ?? "",
    isHook: hook !== "",
    hookEvents: hook === "" ? [] : events,
    body,
  };
}

/** Names an object for people: `Deployment web`. */
export function labelOf(object: ManifestObject): string {
  return `${object.kind} ${object.namespace === "" ? "" : `${object.namespace}/`}${object.name}`;
}

/** The same object has the same identity in two manifests. */
export function identityOf(object: ManifestObject): string {
  const group = object.apiVersion.includes("/") ? object.apiVersion.split("/")[0] : "";
  return [group, object.kind, object.namespace, object.name].join("|");
}

const workloadKinds = new Set(["Deployment", "StatefulSet", "DaemonSet"]);

export function workloadObjects(objects: readonly ManifestObject[]): readonly ManifestObject[] {
  return objects.filter((one) => !one.isHook && workloadKinds.has(one.kind));
}

/** Every image that containers of the manifest name, hooks included, each once. */
export function imagesOf(objects: readonly ManifestObject[]): readonly string[] {
  const found = objects.flatMap(({ body }) => podSpecsOf(body).flatMap(containersOf));
  return [...new Set(found.flatMap((container) => textAt(container, "image") ?? []))].toSorted();
}

function podSpecsOf(body: unknown): readonly unknown[] {
  const kind = textAt(body, "kind");
  if (kind === "Pod") return [at(body, "spec")];
  if (kind === "CronJob") return [at(body, "spec", "jobTemplate", "spec", "template", "spec")];
  return [at(body, "spec", "template", "spec")];
}

function containersOf(spec: unknown): readonly unknown[] {
  return [...listAt(spec, "containers"), ...listAt(spec, "initContainers")];
}

/** JSON text that does not depend on the order in which a chart writes its keys. */
export function canonical(value: unknown): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: unknown): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return (value ?? null) as Json;
  const keys = Object.keys(value).toSorted();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key])]));
}

/** Text whose digest stands for the whole manifest, whatever the order of its documents. */
export function manifestText(objects: readonly ManifestObject[]): string {
  return objects
    .map((one) => `${identityOf(one)}|${one.isHook ? "hook" : ""} ${canonical(one.body)}`)
    .toSorted()
    .join("\n");
}
