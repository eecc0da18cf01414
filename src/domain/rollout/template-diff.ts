import { at, isRecord } from "../../core/json.ts";
import { diffManifests, type FieldChange, type Hide } from "../release/diff.ts";
import { type ManifestObject, workloadObjects } from "../release/manifest.ts";

const shownFields = 60;
const soundsSecret = /passw|secret|token|credential|api[-_]?key|private[-_]?key|auth/i;

/** What differs between the pod templates of two manifests, as lines in the manner of `diff`; what sounds secret is hidden. */
export function templateDiff(
  before: readonly ManifestObject[],
  after: readonly ManifestObject[],
  hide: Hide,
): readonly string[] {
  return diffManifests(templatesOf(before, hide), templatesOf(after, hide), hide)
    .filter(({ fields }) => fields.length > 0)
    .flatMap(({ object, fields }) => [object, ...fields.slice(0, shownFields).flatMap(linesOf)]);
}

function templatesOf(objects: readonly ManifestObject[], hide: Hide): readonly ManifestObject[] {
  return workloadObjects(objects).map((one) => ({
    ...one,
    body: { template: withHidden(at(one.body, "spec", "template"), hide) },
  }));
}

/** The template with the values of variables whose names sound like secrets replaced. */
function withHidden(value: unknown, hide: Hide): unknown {
  if (Array.isArray(value)) return value.map((one) => withHidden(one, hide));
  if (!isRecord(value)) return value;
  const { name, value: text } = value;
  if (typeof name === "string" && typeof text === "string" && soundsSecret.test(name))
    return { ...value, value: hide(text) };
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withHidden(one, hide)]));
}

function linesOf({ path, before, after }: FieldChange): readonly string[] {
  return [
    ...(before === undefined ? [] : [`-   ${path}: ${short(before)}`]),
    ...(after === undefined ? [] : [`+   ${path}: ${short(after)}`]),
  ];
}

function short(text: string): string {
  const hidden = text.replace(/(--[\w-]*(?:passw|secret|token|key)[\w-]*[= ])[^\s"]+/gi, "$1(hidden)");
  return hidden.replace(/\n/g, "\\n").slice(0, 300);
}
