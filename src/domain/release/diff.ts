import { isRecord } from "../../core/json.ts";
import { identityOf, labelOf, type ManifestObject } from "./manifest.ts";

/** A field that differs, by its path: `spec.template.spec.containers[0].image`. */
export interface FieldChange {
  readonly path: string;
  /** Text of the value, absent where there was none. */
  readonly before?: string;
  readonly after?: string;
}

export interface ObjectChange {
  readonly object: string;
  readonly isHook: boolean;
  readonly change: "added" | "removed" | "changed";
  readonly fields: readonly FieldChange[];
}

/** What a text is replaced with where it must not be read: the same text gives the same mark. */
export type Hide = (text: string) => string;

/** The difference of two manifests, object by object. Values of Secrets are hidden before anything is compared. */
export function diffManifests(
  before: readonly ManifestObject[],
  after: readonly ManifestObject[],
  hide: Hide,
): readonly ObjectChange[] {
  const old = new Map(before.map((one) => [identityOf(one), one]));
  const now = new Map(after.map((one) => [identityOf(one), one]));
  const removed = before.filter((one) => !now.has(identityOf(one))).map((one) => whole(one, "removed"));
  const others = after.flatMap((one) => {
    const was = old.get(identityOf(one));
    if (was === undefined) return [whole(one, "added")];
    const fields = diffValues(bodyOf(was.kind, was.body, hide), bodyOf(one.kind, one.body, hide));
    if (fields.length === 0) return [];
    return [{ object: labelOf(one), isHook: one.isHook, change: "changed" as const, fields }];
  });
  return [...others, ...removed];
}

function whole(object: ManifestObject, change: "added" | "removed"): ObjectChange {
  return { object: labelOf(object), isHook: object.isHook, change, fields: [] };
}

/** An object as it may be read: the values of a Secret are hidden. */
export function bodyOf(kind: string, body: unknown, hide: Hide): unknown {
  if (kind !== "Secret" || !isRecord(body)) return body;
  const hidden = (values: unknown) =>
    isRecord(values)
      ? Object.fromEntries(Object.entries(values).map(([key, value]) => [key, hide(JSON.stringify(value))]))
      : values;
  return { ...body, data: hidden(body.data), stringData: hidden(body.stringData) };
}

/** Every field that differs, by its path. */
export function diffValues(before: unknown, after: unknown, path = ""): readonly FieldChange[] {
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => diffValues(before[key], after[key], join(path, key)));
  }
  if (Array.isArray(before) && Array.isArray(after)) return diffLists(before, after, path);
  if (Object.is(before, after) || (isNothing(before) && isNothing(after))) return [];
  return [
    {
      path,
      ...(isNothing(before) ? {} : { before: textOf(before) }),
      ...(isNothing(after) ? {} : { after: textOf(after) }),
    },
  ];
}

// Lists of named things, containers or variables, are compared by name: an inserted one is one change, not all.
function diffLists(
  before: readonly unknown[],
  after: readonly unknown[],
  path: string,
): readonly FieldChange[] {
  const names = [...before, ...after].map(nameOf);
  if (names.every((name) => name !== undefined)) {
    const find = (list: readonly unknown[], name: string) => list.find((one) => nameOf(one) === name);
    return [...new Set(names as readonly string[])].flatMap((name) =>
      diffValues(find(before, name), find(after, name), `${path}[${name}]`),
    );
  }
  return Array.from({ length: Math.max(before.length, after.length) }, (_, index) =>
    diffValues(before[index], after[index], `${path}[${index}]`),
  ).flat();
}

function nameOf(value: unknown): string | undefined {
  return isRecord(value) && typeof value.name === "string" ? value.name : undefined;
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

function join(path: string, key: string): string {
  const shown = /^[A-Za-z0-9_-]+$/.test(key) ? key : `"${key}"`;
  return path === "" ? shown : `${path}.${shown}`;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
