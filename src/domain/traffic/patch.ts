import { type Json, textAt } from "../../core/json.ts";

/** One step of a JSON patch. A `test` that does not hold makes the server refuse the whole patch. */
export type PatchOperation = {
  readonly op: "test" | "add" | "replace" | "remove";
  readonly path: string;
  readonly value?: Json;
};

/** The changes, guarded against an object that is not the one that was read. Without a change: none. */
export function guarded(object: unknown, changes: readonly PatchOperation[]): readonly PatchOperation[] {
  if (changes.length === 0) return [];
  const value = textAt(object, "metadata", "resourceVersion") ?? "";
  return [{ op: "test", path: "/metadata/resourceVersion", value }, ...changes];
}

/** A key as a step of a JSON pointer. */
export function pointerStep(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
