import type { FieldChange, ObjectChange } from "./diff.ts";

/** The difference as text in the manner of `diff`, hooks after the rest. */
export function diffText(changes: readonly ObjectChange[]): string {
  if (changes.length === 0) return "nothing changes\n";
  const kept = changes.filter((one) => !one.isHook).map(objectText);
  const hooks = changes.filter((one) => one.isHook).map(objectText);
  return [...kept, ...(hooks.length === 0 ? [] : ["hooks:", ...hooks])].join("\n");
}

const sign = { added: "+", removed: "-", changed: "~" } as const;

function objectText({ object, change, fields }: ObjectChange): string {
  return [`${sign[change]} ${object}`, ...fields.flatMap(fieldText)].join("\n");
}

function fieldText({ path, before, after }: FieldChange): readonly string[] {
  return [
    ...(before === undefined ? [] : [`-   ${path}: ${short(before)}`]),
    ...(after === undefined ? [] : [`+   ${path}: ${short(after)}`]),
  ];
}

function short(text: string): string {
  const line = text.replace(/\n/g, "\\n");
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
